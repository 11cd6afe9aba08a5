// The Pareto matrix: a table, so that it can be read aloud, sorted, searched and printed.

const ROWS = 150; // drawn at once; a button shows the rest

function matrix(run, open) {
  const judged = run.steps.filter((step) => step.evals?.length);
  const held = new Map(run.front.map(([task, workload, ids]) => [`${task}\n${workload}`, new Set(ids)]));
  const holding = (step) => step.id !== null && [...held.values()].some((ids) => ids.has(step.id));
  const values = new Map(judged.map((step) => [step.n, valued(step, run.cells)]));
  const kinds = {
    front: ["the Pareto front", holding],
    admitted: ["all admitted", (step) => step.id !== null],
    all: ["declined ones too", () => true],
  };
  const state = { sort: "n", down: false, rows: ROWS };
  const which = byId("which"), sought = byId("sought");
  for (const [key, [name, test]] of Object.entries(kinds))
    which.append(el("option", { value: key }, `${name} (${judged.filter(test).length})`));
  which.value = judged.filter(kinds.admitted[1]).length > ROWS ? "front" : judged.length > 60 ? "admitted" : "all";

  const several = run.tasks.length > 1;
  const columns = run.cells.map(([task, workload]) => ({
    key: `${task}\n${workload}`,
    name: (several ? `${task}: ` : "") + (workload === "*" ? "staged score" : workload),
    value: (step) => values.get(step.n).get(`${task}\n${workload}`)?.value ?? null,
  }));
  const order = { n: (step) => step.n, mean, ...Object.fromEntries(columns.map((c) => [c.key, c.value])) };

  function draw() {
    const word = sought.value.trim().toLowerCase();
    const rows = judged.filter(kinds[which.value][1])
      .filter((step) => !word || `${called(step)} ${step.origin}`.toLowerCase().includes(word));
    const by = order[state.sort];
    rows.sort((a, b) => d3[state.down ? "descending" : "ascending"](by(a), by(b)) || a.n - b.n);
    const fill = speedupColour(d3.max(judged, (s) => d3.max(columns, (c) => c.value(s))) ?? 2);
    const body = rows.slice(0, state.rows).map((step) => row(step, fill));
    byId("matrix-table").replaceChildren(el("table", {}, el("thead", {}, heading()), el("tbody", {}, body)));
    byId("counted").textContent = `${rows.length} of ${judged.length} candidates`;
    const more = byId("more");
    more.hidden = rows.length <= state.rows;
    more.textContent = `Show ${rows.length - state.rows} more`;
    scale(fill);
  }

  function heading() {
    const head = (key, name) => el("th", { scope: "col", "aria-sort": state.sort !== key ? null : state.down ? "descending" : "ascending" },
      el("button", { type: "button", onclick: () => sortBy(key) }, name + (state.sort !== key ? "" : state.down ? " ▼" : " ▲")));
    return el("tr", {}, head("n", "Candidate"), head("mean", "mean score"), columns.map((c) => head(c.key, c.name)));
  }

  function sortBy(key) {
    state.down = state.sort === key ? !state.down : key !== "n";
    state.sort = key;
    draw();
    byId("matrix-table").querySelector("th[aria-sort] button").focus();
  }

  function row(step, fill) {
    const average = mean(step);
    const who = step.id === null ? `step ${step.n}, declined` : step.id;
    return el("tr", { class: step.kind },
      el("th", { scope: "row" }, el("button", { type: "button", title: step.origin, onclick: () => open(step) }, `${who} · ${step.origin}`)),
      el("td", {}, average === null ? "" : average.toFixed(3)),
      columns.map((column) => cell(step, column.key, fill)));
  }

  function cell(step, key, fill) {
    const found = values.get(step.n).get(key);
    if (!found) return el("td", { class: "none", title: "not run here" }, el("span", { "aria-label": "not run" }, "·"));
    if (found.value === null) return el("td", { class: "wrong", title: found.reason }, `${found.verdict === "static" ? "" : "✕ "}${found.verdict}`);
    const front = step.id !== null && held.get(key)?.has(step.id);
    const staged = key.endsWith("\n*");
    const label = staged ? found.value.toFixed(2) : times(found.value);
    const words = [staged ? label : interval(found.estimate), front && "on the front", found.unsure && "inconclusive"].filter(Boolean).join(", ");
    const made = el("td", { class: front ? "held" : null, title: words },
      (front ? "★ " : "") + label + (found.unsure ? " ?" : ""));
    if (found.unsure) made.append(el("span", { hidden: true }, " inconclusive"));
    if (!staged) {
      const back = fill(found.value);
      made.style.background = found.unsure ? `repeating-linear-gradient(135deg, transparent 0 5px, var(--soft) 5px 6.5px), ${back}` : back;
      made.style.color = inkOn(back);
      if (found.unsure) made.style.textShadow = `0 0 3px ${back}, 0 0 3px ${back}`;
    }
    return made;
  }

  function scale(fill) {
    const patches = [0.5, 0.8, 1, 1.25, 2, 4, 8].map((value) => {
      const patch = el("span", {}, times(value));
      patch.style.cssText = `background:${fill(value)};color:${inkOn(fill(value))};padding:0 .5rem;border-radius:3px`;
      return patch;
    });
    byId("scale").replaceChildren("speedup:", ...patches);
  }

  which.addEventListener("change", () => { state.rows = ROWS; draw(); });
  sought.addEventListener("input", draw);
  byId("more").addEventListener("click", () => { state.rows = Infinity; draw(); });
  draw();
  return draw;
}

function valued(step, cells) {
  const found = new Map();
  for (const e of step.evals) {
    for (const [workload, value, low, high, unsure] of e.cells)
      found.set(`${e.task}\n${workload}`, { value, estimate: [value, low, high], unsure });
  }
  const wrong = new Map(step.evals.filter((e) => e.speedup === null && e.points === null).map((e) => [e.task, e]));
  for (const [task, e] of wrong)
    for (const [t, w] of cells)
      if (t === task && !found.has(`${t}\n${w}`)) found.set(`${t}\n${w}`, { value: null, verdict: e.verdict, reason: e.reason });
  return found;
}
