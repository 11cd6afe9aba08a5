// A sweep, or a run over several tasks: a row for each problem, and fast_p over all of them.

function problems(run, open) {
  byId("problems-section").hidden = !run.problems.length;
  if (!run.problems.length) return () => {};
  const state = { sort: "at", down: false }, group = byId("group"), named = byId("named");
  let baselines, extra, told;

  function refresh() {
    baselines = [...new Set(run.problems.flatMap((p) => p.speedups.map(([against]) => against)))];
    extra = [...new Set(run.problems.flatMap((p) => p.columns.map(([name]) => name)))];
    told = ["headline", "statement"].filter((key) => run.problems.some((p) => p[key]));
    const groups = [...new Set(run.problems.map((p) => p.group))];
    offered(group, [["*", `all (${run.problems.length})`], ...groups.map((g) => [g, `${g || "without"} (${run.problems.filter((p) => p.group === g).length})`])], "*");
    group.parentElement.hidden = groups.length < 2;
    draw();
  }

  function draw() {
    const word = named.value.trim().toLowerCase();
    const chosen = run.problems.map((p, at) => ({ ...p, at })).filter((p) => group.value === "*" || p.group === group.value);
    const rows = chosen.filter((p) => !word || `${p.id} ${p.outcome} ${p.headline}`.toLowerCase().includes(word));
    const by = valueOf(state.sort);
    rows.sort((a, b) => d3[state.down ? "descending" : "ascending"](by(a), by(b)) || a.at - b.at);
    const fill = speedupColour(d3.max(run.problems, (p) => d3.max(p.speedups, ([, e]) => e[0])) ?? 2);
    const head = (key, name) => sorter(state, key, name, sortBy);
    const heading = el("tr", {}, head("at", "problem"), head("outcome", "outcome"), baselines.map((b) => head(`against ${b}`, `against ${b}`)),
      extra.map((name) => head(`column ${name}`, name)), told.map((key) => el("th", { scope: "col" }, key === "headline" ? "what may be said" : "statement")));
    replaced(byId("problems-table"), el("table", {}, el("thead", {}, heading), el("tbody", {}, rows.map((p) => row(p, fill)))));
    byId("found").textContent = `${rows.length} of ${run.problems.length} problems`;
    curves(chosen, baselines, run);
  }

  function valueOf(key) {
    if (key === "at") return (p) => p.at;
    if (key === "outcome") return (p) => p.outcome;
    if (key.startsWith("against ")) return (p) => speedup(p, key.slice(8))?.[0] ?? null;
    return (p) => { const text = column(p, key.slice(7)); return text === "" || Number.isNaN(parseFloat(text)) ? text : parseFloat(text); };
  }

  function sortBy(key) {
    state.down = state.sort === key ? !state.down : key.startsWith("against ");
    state.sort = key;
    draw();
  }

  function row(p, fill) {
    const cell = (baseline) => {
      const found = speedup(p, baseline);
      if (!found) return el("td", { class: "none" }, el("span", { "aria-label": "none" }, "·"));
      const made = el("td", { title: found[1] === found[2] ? null : interval(found) }, times(found[0]));
      painted(made, fill(found[0]), false);
      return made;
    };
    const name = p.link ? el("a", { href: p.link }, p.id) : p.id;
    return el("tr", {}, el("th", { scope: "row" }, name), el("td", { class: p.outcome === "correct" ? "left" : "left wrong" }, p.outcome),
      baselines.map(cell), extra.map((key) => el("td", { class: "left" }, column(p, key))), told.map((key) => el("td", { class: "left" }, p[key])));
  }

  group.addEventListener("change", draw);
  named.addEventListener("input", draw);
  refresh();
  return refresh;
}

const speedup = (problem, baseline) => problem.speedups.find(([against]) => against === baseline)?.[1];
const column = (problem, name) => problem.columns.find(([key]) => key === name)?.[1] ?? "";

// The share of all problems, unsolved ones included, that are solved more than p times as fast.
function fastp(problems, baseline) {
  const solved = problems.filter((p) => p.outcome === "correct").map((p) => speedup(p, baseline)?.[0]).filter((value) => value !== undefined);
  return (p) => solved.filter((value) => value > p).length / problems.length;
}

function curves(problems, baselines, { kind, estimated }) {
  const values = problems.flatMap((p) => p.speedups.map(([, e]) => e[0])), most = Math.max(2, d3.max(values) ?? 1) * 1.1;
  const steps = [...new Set([0.1, 0.5, ...values.filter((v) => v > 0.1), most])].sort(d3.ascending);
  const percent = d3.format(".0%");
  const shares = baselines.map((b) => { const share = fastp(problems, b); return `${baselines.length > 1 ? `against ${b}: ` : ""}fast_0 is ${percent(share(0))}, fast_1 ${percent(share(1))}, fast_2 ${percent(share(2))}`; });
  const words = `fast_p: the share of all ${problems.length} problems with a correct kernel that is more than p times as fast. ${shares.join("; ") || "None has a known speedup"}.`
    + (kind === "run" ? " Verified values where there are any, else the best that was seen." : "") + (estimated ? " Estimates of cycles, not measurements." : "");
  const points = baselines.flatMap((b) => { const share = fastp(problems, b); return steps.map((p) => ({ p, share: share(p) * 100, against: b })); });
  plotted("fastp", words, (width) => Plot.plot({
    width, height: 280, grid: true, style: { background: "none", fontSize: "12px" }, x: { label: "p", type: "log", tickFormat: (v) => `${v}×` },
    y: { domain: [0, 100], label: "share of problems (%)" }, color: { scheme: "tableau10", legend: baselines.length > 1 },
    marks: [Plot.ruleX([1], { strokeDasharray: "3 3" }),
      Plot.line(points, { x: "p", y: "share", z: "against", curve: "step-after", stroke: baselines.length > 1 ? "against" : colour("--high"), strokeWidth: 2 })],
  }));
}
