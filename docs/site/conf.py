"""How the site is built: Sphinx, MyST for notebooks and Markdown, everything offline."""

import os

project = "sciml_widgets"
author = "The sciml_widgets authors"
copyright = "the authors; code BSD-3-Clause, lessons CC-BY-4.0"
html_title = project
root_doc = "index"

extensions = ["myst_nb", "sphinx_copybutton", "sphinx-mathjax-offline"]
myst_enable_extensions = ["amsmath", "colon_fence", "dollarmath", "html_image"]
myst_heading_anchors = 4
nb_execution_mode = "off"  # the notebooks come executed
nb_render_markdown_format = "myst"  # what cells say: tables and formulas, as JupyterLab shows them
nb_mime_priority_overrides = [
    ("html", "text/html", 1), ("html", "text/markdown", 2), ("html", "image/png", 3),
]  # fmt: skip

html_theme = "sphinx_book_theme"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_extra_path = ["_beside"]  # what raw HTML in a page shows; Sphinx carries the rest itself
html_theme_options = {
    "home_page_in_toc": True,
    "navbar_persistent": [],  # the search stands on the left
    "show_navbar_depth": 1,
    "show_toc_level": 2,
    "use_download_button": True,
    "use_fullscreen_button": False,
}
html_last_updated_fmt = ""

if repository := os.environ.get("SITE_REPOSITORY", ""):  # where the launch buttons lead
    html_theme_options |= {
        "repository_url": repository,
        "repository_branch": os.environ.get("SITE_BRANCH", "main"),
        "use_repository_button": True,
        "launch_buttons": {
            "binderhub_url": "https://mybinder.org",
            "notebook_interface": "jupyterlab",
        },
    }
