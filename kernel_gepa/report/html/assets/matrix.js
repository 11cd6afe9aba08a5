// The Pareto matrix: a table, so that it can be read aloud, sorted, searched and printed.

const ROWS = 150; // drawn at once; a button shows the rest

function matrix(run, open) {
  const state = { sort: "n", down: false, rows: ROWS };
  const which = byId("which"), sought = byId("sought");
  let judged, held, values, kinds, columns, order;

  function refresh() {
    judged = run.steps.filter((step) => step.evals?.length);
    held = new Map(run.front.map(([task, workload, ids]) => [`${task}\n${workload}`, new Set(ids)]));
    values = new Map(judged.map((step) => [step.n, valued(step, run.cells)]));
    const holding = new Set(run.front.flatMap(([, , ids]) => ids));
    kinds = {
      front: ["the Pareto front", (step) => step.id !== null && holding.has(step.id)],
      admitted: ["all admitted", (step) => step.id !== null],
      all: ["declined ones too", () => true],
    };
    const first = judged.filter(kinds.admitted[1]).length > ROWS ? "front" : judged.length > 60 ? "admitted" : "all";
    offered(which, Object.entries(kinds).map(([key, [name, test]]) => [key, `${name} (${judged.filter(test).length})`]), first);
    const several = run.tasks.length > 1;
    columns = run.cells.map(([task, workload]) => ({
      key: `${task}\n${workload}`,
      name: (several ? `${task}: ` : "") + (workload === "*" ? "staged score" : workload),
      value: (step) => values.get(step.n).get(`${task}\n${workload}`)?.value ?? null,
    }));
    order = { n: (step) => step.n, mean, ...Object.fromEntries(columns.map((c) => [c.key, c.value])) };
    if (!(state.sort in order)) state.sort = "n";
    draw();
  }

  function draw() {
    const word = sought.value.trim().toLowerCase();
    const rows = judged.filter(kinds[which.value][1])
      .filter((step) => !word || `${called(step)} ${step.origin}`.toLowerCase().includes(word));
    const by = order[state.sort];
    rows.sort((a, b) => d3[state.down ? "descending" : "ascending"](by(a), by(b)) || a.n - b.n);
    const fill = speedupColour(d3.max(judged, (s) => d3.max(columns, (c) => c.value(s))) ?? 2);
    const body = rows.slice(0, state.rows).map((step) => row(step, fill));
    replaced(byId("matrix-table"), el("table", {}, el("thead", {}, heading()), el("tbody", {}, body)));
    byId("counted").textContent = `${rows.length} of ${judged.length} candidates`;
    const more = byId("more");
    more.hidden = rows.length <= state.rows;
    more.textContent = `Show ${rows.length - state.rows} more`;
    scaled(fill);
  }

  function heading() {
    const head = (key, name) => sorter(state, key, name, sortBy);
    return el("tr", {}, head("n", "Candidate"), head("mean", "mean score"), columns.map((c) => head(c.key, c.name)));
  }

  function sortBy(key) {
    state.down = state.sort === key ? !state.down : key !== "n";
    state.sort = key;
    draw();
  }

  function row(step, fill) {
    const average = mean(step);
    const who = step.id === null ? `step ${step.n}, declined` : step.id;
    return el("tr", { class: step.kind },
      el("th", { scope: "row" }, el("button", { type: "button", title: step.origin, "data-key": `step ${step.n}`, onclick: () => open(step) }, `${who} · ${step.origin}`)),
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
    const made = el("td", { class: front ? "held" : null, title: words }, (front ? "★ " : "") + label + (found.unsure ? " ?" : ""),
      el("span", { class: "spoken" }, `${front ? ", on the Pareto front" : ""}${found.unsure ? ", inconclusive" : ""}`));
    if (!staged) painted(made, fill(found.value), found.unsure);
    return made;
  }

  which.addEventListener("change", () => { state.rows = ROWS; draw(); });
  sought.addEventListener("input", draw);
  byId("more").addEventListener("click", () => { state.rows = Infinity; draw(); });
  refresh();
  return refresh;
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
