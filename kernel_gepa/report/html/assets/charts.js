// Plots over the whole run: the best so far, and what failed.

const AXES = { n: "steps", rollouts: "rollouts", usd: "dollars", minutes: "minutes" };
const MOST_LINES = 6; // tasks with a line of their own

const axes = (course) => Object.keys(AXES).filter((axis) => axis === "rollouts" || d3.max(course, (p) => p[axis]) > 0)
  .map((axis) => [axis, AXES[axis]]);

function plotted(id, words, make) {
  const holder = byId(id);
  const width = Math.max(320, Math.min(960, holder.clientWidth));
  const picture = make(width); // with a legend it is a figure of its own
  spokenAs(picture, words);
  holder.replaceChildren(picture, el("figcaption", {}, words));
}

// One picture with one description: the names that its marks have are for nobody who hears them.
function spokenAs(picture, words) {
  picture.querySelectorAll("g[aria-label]").forEach((g) => g.removeAttribute("aria-label"));
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", words);
}

function progress(run) {
  const select = byId("against");
  function draw() {
    const course = run.runs ? overlaid(run) : best(run);
    offered(select, axes(course), "rollouts");
    const axis = select.value, lines = [...d3.group(course, (p) => p.task).keys()];
    const last = lines.map((task) => course.filter((p) => p.task === task).at(-1));
    const words = last.map((p) => `${p.task}: best so far ${times(p.value)} after ${d3.format(".4~g")(p[axis])} ${AXES[axis]}`).join("; ")
      || "Nothing correct was found.";
    plotted("progress", `${words}. The best point value of any correct kernel, before verification.`, (width) => Plot.plot({
      width, height: 320, marginLeft: 52, marginRight: lines.length > 1 ? 150 : 30, grid: true, style: { background: "none", fontSize: "12px" },
      x: { label: AXES[axis] }, y: { label: "speedup", type: "log", tickFormat: (v) => `${v}×`, ticks: 6 },
      marks: [
        Plot.ruleY([1], { strokeDasharray: "3 3" }),
        lines.length === 1 ? Plot.areaY(course, { x: axis, y1: "low", y2: "high", curve: "step-after", fill: colour("--high"), fillOpacity: 0.2 }) : null,
        Plot.line(course, { x: axis, y: "value", z: "task", curve: "step-after", stroke: lines.length > 1 ? "task" : colour("--high"), strokeWidth: 2 }),
        Plot.dot(course.filter((p) => p.record), { x: axis, y: "value", fill: lines.length > 1 ? "task" : colour("--high"), r: 3.5, title: (p) => p.by }),
        lines.length > 1 ? Plot.text(last, { x: axis, y: "value", text: "task", textAnchor: "start", dx: 6 }) : null,
      ],
    }));
  }
  select.addEventListener("change", draw);
  draw();
  return draw;
}

// One point per step and line: a line per task, or of many tasks their geometric mean, an unsolved one counting as 1.
function best(run, alone = false) {
  const together = alone ? run.tasks.length > 1 : run.tasks.length > MOST_LINES, known = new Map(), found = [];
  for (const step of run.steps) {
    const [rollouts, usd, wall] = step.spent, at = { n: step.n, rollouts, usd, minutes: wall / 60 }, changed = new Set();
    for (const e of step.evals ?? []) {
      const seen = e.speedup ?? (e.points === null ? null : [e.points, e.points, e.points]);
      if (seen && !(known.get(e.task)?.[0] >= seen[0])) { known.set(e.task, seen); changed.add(e.task); }
    }
    const by = step.origin ? `${called(step)}, ${step.origin}` : "";
    if (together && known.size) {
      const value = Math.exp(d3.sum(known.values(), (v) => Math.log(Math.max(v[0], 1e-9))) / run.tasks.length);
      found.push({ ...at, task: `${run.tasks.length} tasks`, value, low: value, high: value, record: changed.size > 0, by });
    } else for (const [task, [value, low, high]] of known) found.push({ ...at, task, value, low, high, record: changed.has(task), by });
  }
  return found;
}

function stages(run, open) {
  const draw = () => staged(run, open);
  draw();
  return draw;
}

function staged(run, open) {
  const tries = run.steps.flatMap((step) => (step.evals ?? []).filter((e) => e.fresh && step.parents.length).map((e) => ({ step, ...e, maker: step.maker })));
  const counts = d3.rollups(tries, (v) => v.length, (t) => t.verdict).sort((a, b) => b[1] - a[1]);
  const passes = run.steps.filter((step) => step.kind === "passed").length;
  const repeated = run.steps.filter((step) => step.kind === "declined" && !step.evals.length).length;
  const words = `${counts.map(([verdict, n]) => `${n} ${verdict}`).join(", ") || "Nothing was tried"}; ${repeated} refused unseen; ${passes} steps without an offer.`;
  reasons(run, tries, open);
  if (!tries.length) return byId("stages").replaceChildren(el("figcaption", {}, words));
  return plotted("stages", words, (width) => Plot.plot({
    width, height: 70 + 34 * Math.max(1, counts.length), marginLeft: 100, style: { background: "none", fontSize: "12px" },
    x: { label: "rollouts", grid: true }, y: { label: null, domain: STAGES.filter((s) => counts.some(([v]) => v === s)) },
    color: { scheme: "tableau10", legend: true },
    marks: [Plot.barX(tries, Plot.groupY({ x: "count" }, { y: "verdict", fill: "maker", title: "maker" })), Plot.ruleX([0])],
  }));
}

const STAGES = ["rejected", "build failed", "crashed", "timed out", "incorrect", "static", "correct", "graded"];
const MOST_REASONS = 40, MOST_EXAMPLES = 30;

function reasons(run, tries, open) {
  const failed = tries.filter((t) => !["correct", "graded", "static"].includes(t.verdict));
  const unseen = run.steps.filter((step) => step.kind === "declined" && !step.evals.length).map((step) => ({ step, verdict: "refused unseen", reason: step.reason }));
  const passed = run.steps.filter((step) => step.kind === "passed").map((step) => ({ step: null, verdict: "no offer", reason: step.reason }));
  const groups = d3.rollups([...failed, ...unseen, ...passed], (v) => v, (t) => `${t.verdict}: ${t.reason.split("\n")[0]}`).sort((a, b) => b[1].length - a[1].length);
  replaced(byId("reasons"), ...groups.slice(0, MOST_REASONS).map(([reason, group]) => el("details", { "data-key": reason },
    el("summary", {}, `${group.length} × ${reason}`),
    el("p", {}, group.filter((t) => t.step).slice(0, MOST_EXAMPLES).flatMap((t) => [el("button", { type: "button", onclick: () => open(t.step) }, called(t.step)), " "])))));
  if (groups.length > MOST_REASONS) byId("reasons").append(el("p", {}, `and ${groups.length - MOST_REASONS} more reasons: the matrix has them.`));
}
