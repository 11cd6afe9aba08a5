// One candidate: its texts and their differences, the verdicts, the feedback, the calls that made it, the samples.

function detailed(run) {
  const dialog = byId("detail");
  let members;

  async function open(step) {
    members = admitted(run);
    const { texts, samples } = await lookedUp();
    const close = el("button", { type: "button", onclick: () => dialog.close() }, "Close");
    const parents = step.parents.flatMap((p) => [" ", el("button", { type: "button", onclick: () => open(members.get(p)) }, `candidate ${p}`)]);
    dialog.replaceChildren(
      el("div", { class: "top" }, el("h2", { id: "detail-title", tabindex: -1 }, `${called(step)}: ${step.origin}`), close),
      el("p", {}, `Step ${step.n}, ${step.kind}. `, parents.length ? ["Parents:", ...parents] : "It has no parents."),
      el("pre", {}, texts[step.why] || "No reason was recorded."),
      el("h3", {}, "Texts"), ...textsOf(step, texts),
      ...step.evals.flatMap((e) => judgement(e, step, texts, samples)),
      ...replyOf(step, texts));
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
    byId("detail-title").focus();
  }

  function textsOf(step, texts) {
    const parent = members.get(step.parents[0]), start = members.get(0);
    const of = (other, name) => { const found = other?.texts.find(([n]) => n === name); return found ? texts[found[1]] : ""; };
    return step.texts.map(([name, number]) => {
      const changed = step.changed.includes(name);
      const views = { "the text": () => el("pre", { tabindex: 0 }, texts[number]) };
      step.parents.forEach((p) => { views[`against parent ${p}`] = () => diffed(of(members.get(p), name), texts[number]); });
      if (start && start !== step) views["against the start"] = () => diffed(of(start, name), texts[number]);
      return el("details", { open: changed || step.texts.length === 1 },
        el("summary", {}, `${name}${changed ? " (changed in this step)" : ""}`), switched(views, parent && changed ? 1 : 0));
    });
  }

  function judgement(e, step, texts, samples) {
    const speedup = e.speedup ? `: ${interval(e.speedup)}` : e.points === null ? `: ${e.reason}` : `: ${e.points} of 1 point`;
    const known = e.fresh ? "" : " (known before, not run again)";
    const isText = step.texts.some(([, number]) => number === e.kernel);
    const fold = (name, text) => (text ? el("details", {}, el("summary", {}, name), el("pre", { tabindex: 0 }, text)) : null);
    const cells = e.cells.filter(([w]) => w !== "*").map(([w, v, low, high, unsure]) => el("li", {}, `${w}: ${interval([v, low, high])}${unsure ? ", inconclusive" : ""}`));
    return [
      el("h3", {}, `${e.task}: ${e.verdict}${speedup}${known}`),
      cells.length ? el("ul", {}, cells) : null,
      el("pre", { tabindex: 0, "aria-label": "Feedback" }, texts[e.feedback]),
      fold("What the bench recorded", texts[e.facts]),
      isText ? null : fold("The kernel that was written", texts[e.kernel]),
      ...e.calls.map(([component, prompt, reply, outcome], i) => el("details", {}, el("summary", {}, `Call ${i + 1}: ${texts[component]}`),
        fold("Prompt", texts[prompt]), fold("Reply", texts[reply]), fold("What came of it", texts[outcome]))),
      ...e.samples.filter((m) => m.sides.length).map((m) => sampled(m, samples)),
    ].filter(Boolean);
  }

  function replyOf(step, texts) {
    if (!step.asked) return [];
    const [prompt, reply] = step.asked;
    return [el("h3", {}, "The reply that it was taken from"),
      prompt === null ? el("p", { class: "gain" }, "The journal of this run, of an older version, has only the hash of the prompt.")
        : el("details", {}, el("summary", {}, "The prompt"), el("pre", { tabindex: 0 }, texts[prompt])),
      el("details", { open: true }, el("summary", {}, "The reply"), el("pre", { tabindex: 0 }, texts[reply]))];
  }

  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  return open;
}

function switched(views, first) {
  const shown = el("div"), names = Object.keys(views);
  const buttons = names.map((name) => el("button", { type: "button", onclick: () => choose(name) }, name));
  function choose(name) {
    shown.replaceChildren(views[name]());
    buttons.forEach((button, i) => button.setAttribute("aria-pressed", names[i] === name));
  }
  choose(names[Math.min(first, names.length - 1)]);
  return el("div", {}, el("div", { class: "tools" }, buttons), shown);
}

function sampled(measurement, samples) {
  const points = measurement.sides.flatMap(([side, clock, count, at]) => samples[at].map((ns) => ({ side: `${side} (${clock})`, us: ns / 1000 })));
  const counts = measurement.sides.map(([side, clock, count]) => `${count} of the ${side}`).join(", ");
  const words = `${measurement.workload} against ${measurement.baseline}: microseconds per launch, ${counts}; evenly thinned for the picture.`;
  const svg = Plot.plot({
    width: Math.max(300, Math.min(760, window.innerWidth - 60)), height: 60 + 26 * measurement.sides.length, marginLeft: 120,
    style: { background: "none", fontSize: "12px" }, x: { label: "µs per launch", grid: true }, y: { label: null },
    marks: [Plot.tickX(points, { x: "us", y: "side", stroke: "side", strokeOpacity: 0.6 }), Plot.tickX(points, Plot.groupY({ x: "median" }, { x: "us", y: "side", strokeWidth: 3 }))],
  });
  spokenAs(svg, words);
  return el("details", {}, el("summary", {}, `Samples of ${measurement.workload} against ${measurement.baseline}`), el("figure", {}, svg, el("figcaption", {}, words)));
}
