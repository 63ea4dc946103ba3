// Earlier runs in the plot of losses: the last as a pale ghost, A and B by name. Knows no message.

const PIN_DASHES = { A: "dashed", B: "dotted" };

function buildPins(send) {
  const buttons = Object.keys(PIN_DASHES).map((name) => make("button", { type: "button", text: `Pin ${name}`, "aria-label": `Pin ${name}`, "aria-pressed": "false",
    title: `Keep this run as ${name} beside the next`, on: { click: () => send({ t: "pin", name }) } }));
  const element = part("pins", {}, ...buttons), key = part("key");
  let place, text = "";
  return {
    /** `figure` is the one with the losses; the key to the earlier runs stands below it. */
    write(earlier, figure) {
      if (place !== figure) {
        place = figure;
        if (figure) figure.firstChild.firstChild.after(element);
        else element.remove();
        if (figure) figure.append(key);
        else key.remove();
      }
      const now = JSON.stringify(earlier.map(({ name, words, tracks }) => [name, words, tracks.size]));
      if (now === text) return;
      text = now;
      buttons.forEach((button, i) => {
        const name = Object.keys(PIN_DASHES)[i], run = earlier.find((one) => one.name === name);
        put(button, run ? `✓ ${name}` : `Pin ${name}`);
        button.ariaPressed = String(!!run);
        button.title = `Keep this run as ${name} beside the next${run ? `, in place of: ${run.words}` : ""}`;
      });
      key.replaceChildren(...earlier.filter(({ name, tracks }) => name || tracks.size).map(({ name, words }) => {
        const line = make("span", { "data-pin": name || "last", text: `${name || "last run"}: ${words}` });
        const label = `Unpin ${name}`;
        if (name) line.append(make("button", { type: "button", class: "sw-unpin", text: "×", title: label, "aria-label": label, on: { click: () => send({ t: "unpin", name }) } }));
        return line;
      }));
    },
  };
}

function unpackEarlier(earlier, floats) {
  return earlier.map((run) => ({ ...run, tracks: new Map(run.tracks.map(({ name, x, y }) => [name, { x: floats(x), y: floats(y) }])) }));
}

/** Their curves in one plot. What a pinned run is judged by is drawn clearly, all else pale and thin. */
function earlierMarks({ members }, earlier) {
  const main = members.some(({ role }) => role === "error") ? "error" : "loss";
  return earlier.flatMap(({ name, words, tracks }) => members.filter((one) => tracks.has(one.name)).map((one) => {
    const clear = name && one.role === main;
    return { ...one, ...tracks.get(one.name), kind: "lines", band: null, pin: name, clear, words,
      width: clear ? 1.6 : 1, dash: clear ? PIN_DASHES[name] : "solid", colour: clear ? one.colour : -1 - one.colour };
  })).sort((a, b) => a.clear - b.clear);
}

/** What has a say in the y axis: pinned curves, as far as the run has come; all, where none has begun. */
function countedMarks(earlier, last) {
  return earlier.filter(({ clear }) => clear || last === undefined).map((mark) => {
    const end = last === undefined ? mark.x.length : mark.x.findLastIndex((x) => x <= last) + 1;
    return { ...mark, x: mark.x.slice(0, end), y: mark.y.slice(0, end) };
  });
}

/** A colour below 0 is a pale one. */
function paler(pen) {
  const { theme } = pen, plain = (n) => (n < 0 ? -1 - n : n);
  const colour = (n) => (n < 0 ? mix(theme.colour(plain(n)), 30) : theme.colour(n));
  return { ...pen, theme: { ...theme, colour, text: (n) => theme.text(plain(n)) } };
}

/** The letter of a pinned curve where it leaves the plot or ends. */
function drawLetters({ g, em, theme }, { x1, y0, y1, X, Y }, marks) {
  for (const { pin, clear, x, y, colour } of marks) {
    const i = x.findLastIndex((v, k) => X(v) <= x1 && Number.isFinite(y[k]));
    if (clear && i >= 0) write(g, pin, X(x[i]) - em * 0.3, max(y0 + em * 0.6, min(y1, Y(y[i])) - em * 0.8), theme.text(colour), "right");
  }
}

function describeEarlier({ members }, earlier) {
  const main = members.find(({ role }) => role === "error") || members[0];
  return earlier.filter(({ tracks }) => tracks.has(main.name)).map(({ name, words, tracks }) =>
    `. ${name ? "Pinned " + name : "Last run"} (${words}): ${main.label} ${formatLast(lastValue(tracks.get(main.name)), main.percent)}`).join("");
}
