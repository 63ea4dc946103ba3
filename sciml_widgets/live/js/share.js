// Share and continue: the run's record in the clipboard and in the browser's storage. Knows no run.

const KEPT = "sciml-widgets/", MOST_KEPT = 20;

/** Every record this browser keeps, newest first, as [key, entry]. */
function keptRecords() {
  return Object.keys(localStorage).filter((key) => key.startsWith(KEPT)).map((key) => {
    try {
      return [key, JSON.parse(localStorage[key]) || {}];
    } catch {
      return [key, {}];
    }
  }).sort(([, a], [, b]) => (b.at || 0) - (a.at || 0));
}

/** Where there is no room the others go; where storage is forbidden nothing is kept, and that is all. */
function keepRecord(key, step, text) {
  for (const most of [MOST_KEPT, 1]) {
    try {
      for (const [old] of keptRecords().filter(([one]) => one !== key).slice(most - 1)) localStorage.removeItem(old);
      localStorage[key] = JSON.stringify({ at: Date.now(), step, text });
      return;
    } catch {
      continue;
    }
  }
}

function keptRecord(key) {
  try {
    const { step, text } = JSON.parse(localStorage[key]);
    return Number.isInteger(step) && typeof text === "string" ? { step, text } : null;
  } catch {
    return null;
  }
}

function makeShare(page, send, view, say) {
  const button = (text, click, more) => make("button", { type: "button", text, ...more, on: { click } });
  const said = part("said", { role: "status" });
  const copy = button("Copy record", () => send({ t: "share", view }), { class: "sw-copy",
    title: "One line of text: paste it into show('…') in another notebook" });
  const strip = part("strip", { hidden: true, on: { // its keys are not the panel's
    keydown: (event) => event.ctrlKey || event.metaKey || event.altKey || event.stopPropagation(),
  } });
  let key, asked = false;

  const fold = () => {
    if (strip.contains(document.activeElement)) page.run.focus();
    strip.hidden = true;
    strip.replaceChildren();
  };
  const unfold = (...children) => {
    strip.replaceChildren(...children, button("×", fold, { "aria-label": "Close" }));
    strip.hidden = false;
  };
  const offer = (last) => {
    if (!last) return;
    unfold(make("span", { text: "Your last run of this lab is kept in this browser." }),
      button(`Continue the last run (step ${last.step})`, () => { fold(); send({ t: "resume", text: last.text }); }, { class: "sw-continue" }));
  };
  const hand = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      say("The record is copied. Paste it into show('…') in another notebook.");
    } catch { // refused, or no clipboard here: the hand copies it
      const field = make("input", { readonly: true, "aria-label": "The record, one line of text", on: { focus: () => field.select() } });
      field.value = text;
      unfold(make("span", { text: "Copy this line into show('…'):" }), field);
      field.focus();
    }
  };

  page.seed.after(said, copy);
  page.alert.after(strip);
  return (header) => {
    const { place, kept, share, state, frames } = header;
    if (place) key = `${KEPT}${place.notebook || location.pathname}/${place.lab}`;
    if ("said" in header) {
      put(said, header.said);
      said.classList.toggle("sw-same", header.said.startsWith("the same"));
    }
    if (place && !asked) {
      asked = true;
      if (!frames && state === "idle") offer(keptRecord(key));
    } else if (frames && strip.querySelector(".sw-continue")) fold();
    if (kept && key) keepRecord(key, header.step, kept);
    if (share?.view === view) hand(share.text);
  };
}
