// Several runs beside each other: what may be said of each, what it cost, and where which is best.

function sides(page) {
  function draw() {
    const names = page.runs.map((run) => el("th", { scope: "col" }, run.link ? el("a", { href: run.link }, run.label) : run.label));
    const labels = [...new Set(page.runs.flatMap((run) => run.facts.map(([label]) => label)))];
    const fact = (run, label) => run.facts.find(([name]) => name === label)?.[1] ?? "";
    const rows = labels.map((label) => el("tr", {}, el("th", { scope: "row" }, label), page.runs.map((run) => el("td", { class: "left" }, fact(run, label)))));
    replaced(byId("sides-table"), el("table", {}, el("thead", {}, el("tr", {}, el("td"), names)), el("tbody", {}, rows)));
    bests(page);
  }
  draw();
  return draw;
}

function bests(page) {
  const cells = new Map(page.runs.flatMap((run) => run.cells.filter(([, w]) => w !== "*").map(([t, w]) => [`${t}\n${w}`, [t, w]])));
  const found = page.runs.map((run) => reached(run)), all = found.flatMap((run) => [...run.values()].map((c) => c[0]));
  const fill = speedupColour(d3.max(all) ?? 2);
  const rows = [...cells].map(([key, [task, workload]]) => {
    const values = found.map((run) => run.get(key)), most = d3.max(values, (v) => v?.[0]);
    return el("tr", {}, el("th", { scope: "row" }, `${task}: ${workload}`), values.map((value) => {
      if (!value) return el("td", { class: "none" }, el("span", { "aria-label": "nothing correct" }, "·"));
      const [number, low, high, unsure] = value;
      const made = el("td", { class: number === most ? "held" : null, title: interval([number, low, high]) }, times(number) + (unsure ? " ?" : ""),
        el("span", { class: "spoken" }, `${number === most ? ", the largest" : ""}${unsure ? ", inconclusive" : ""}`));
      painted(made, fill(number), unsure);
      return made;
    }));
  });
  const names = page.runs.map((run) => el("th", { scope: "col" }, run.label));
  replaced(byId("bests-table"), el("table", {}, el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "workload"), names)), el("tbody", {}, rows)));
  scaled(fill);
}

// By cell the largest value of any correct kernel of a run.
function reached(run) {
  const known = new Map();
  for (const step of run.steps)
    for (const e of step.evals ?? [])
      for (const [workload, ...value] of e.cells) {
        const key = `${e.task}\n${workload}`;
        if (workload !== "*" && !(known.get(key)?.[0] >= value[0])) known.set(key, value);
      }
  return known;
}

// The courses of all runs as if they were of one: a line for each run and task, or one for each run.
function overlaid(page) {
  const lines = d3.sum(page.runs, (run) => Math.min(run.tasks.length, MOST_LINES + 1));
  return page.runs.flatMap((run) => best(run, lines > 2 * MOST_LINES).map((point) => (
    { ...point, task: run.tasks.length > 1 ? `${run.label}: ${point.task}` : run.label, by: `${run.label}: ${point.by}` })));
}
