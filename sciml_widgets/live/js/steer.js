// The row below the transport: presets with their reasons, and the goal in words. Knows no run.

function buildSteer(send) {
  let presets = [], presetsText = "", applied = "";
  const menu = make("select", { "aria-label": "Presets", on: { change() {
    if (menu.value) send({ t: "preset", name: menu.value });
    setTimeout(show, PATIENCE); // by then it is applied, or refused
  } } });
  const why = part("why", { role: "status" });
  const meter = make("span", { class: "sw-meter", role: "meter", "aria-label": "goal", "aria-valuemin": 0, "aria-valuemax": 100 });
  const words = make("span"), goal = part("goal", { hidden: true }, meter, words);
  const element = part("steer", { hidden: true }, menu, why, goal);
  let state = "";

  const show = () => {
    menu.value = applied;
    menu.title = presets.find(({ name }) => name === applied)?.why || "Known values of the knobs";
    put(why, applied && menu.title);
  };
  return {
    element,
    offer(given = []) {
      const text = JSON.stringify(given);
      if (text === presetsText) return;
      [presets, presetsText] = [given, text];
      menu.replaceChildren(make("option", { text: "Presets" }), ...presets.map(({ name, why }) => make("option", { text: name, title: why })));
      menu.firstChild.value = "";
      show();
    },
    apply(name = "") {
      if (name === applied) return;
      applied = name;
      show();
    },
    /** Returns what is worth saying aloud: that the goal was reached or missed. */
    write(now) {
      menu.hidden = !presets.length;
      goal.hidden = !now;
      element.hidden = menu.hidden && goal.hidden;
      const news = now && now.state !== state && now.state !== "open" && state ? now.text : "";
      state = now?.state || "";
      if (!now) return "";
      const done = now.share === null ? 0 : Math.round(100 * now.share);
      goal.dataset.state = state;
      goal.title = now.text;
      put(words, now.text);
      if (meter.ariaValueNow !== String(done)) {
        meter.ariaValueNow = String(done);
        meter.style.setProperty("--p", done + "%");
      }
      meter.ariaValueText = now.text;
      return news;
    },
  };
}
