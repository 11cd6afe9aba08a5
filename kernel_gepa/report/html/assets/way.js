// From the start to the best: a climb of scores, and for each step what the prompts learned and what the kernels lost and gained.

const MOST_LESSONS = 8, LONGEST_LESSON = 400;

function way(run, open) {
  let drawn = "";
  const refresh = () => {
    climb(run);
    if (drawn === JSON.stringify(run.path)) return null;
    drawn = JSON.stringify(run.path);
    return steps(run, open);
  };
  way.first = refresh(); // whoever wants to know when everything is drawn waits for it
  return refresh;
}

async function steps(run, open) {
  const members = admitted(run), prose = new Set(run.components.filter((c) => c.prose).map((c) => c.name));
  const path = [...run.path], { texts } = await lookedUp();
  const items = path.map((id, i) => {
    const step = members.get(id), before = i ? members.get(path[i - 1]) : null, score = mean(step), gained = before ? score - mean(before) : null;
    const gain = before ? `, ${gained < 0 ? "−" : "+"}${Math.abs(gained).toFixed(3)} against candidate ${path[i - 1]}` : "";
    const others = step.parents.filter((p) => p !== path[i - 1]);
    return el("li", { class: gained === null ? null : gained > 0 ? "up" : "down" },
      el("button", { type: "button", "data-key": `way ${id}`, onclick: () => open(step) }, `candidate ${id} · ${step.origin}`),
      el("p", { class: "gain" }, `Mean score ${score.toFixed(3)}${gain}. ${step.reason}${others.length ? ` Also of candidate ${others.join(", ")}.` : ""}`),
      before ? changes(before, step, texts, prose, path.length) : el("p", { class: "gain" }, `The start: ${step.texts.map(([name]) => name).join(", ")}.`));
  });
  replaced(byId("path"), ...items);
}

function changes(before, step, texts, prose, length) {
  const old = new Map(before.texts);
  return step.texts.filter(([name, number]) => old.get(name) !== number).flatMap(([name, number]) => {
    const was = old.has(name) ? texts[old.get(name)] : "", is = texts[number];
    const shown = el("details", { open: length <= 8 && !prose.has(name), "data-key": `way ${step.n} ${name}` }, el("summary", {}, `${name}, changed: the difference`), diffed(was, is));
    return prose.has(name) ? [learned(name, was, is), shown] : [shown];
  });
}

function learned(name, was, is) {
  const found = lessons(was, is), shown = found.slice(0, MOST_LESSONS);
  if (!found.length) return el("p", { class: "gain" }, `${name}: nothing new is said; words went or moved.`);
  return el("div", { class: "lessons" }, el("p", {}, `What ${name} learned in this step:`), el("ul", {}, shown.map((text) => el("li", {}, text))),
    found.length > shown.length ? el("p", { class: "gain" }, `and ${found.length - shown.length} more in the difference`) : null);
}

// Sentences that the text before did not have, where the same words in other lines are the same sentence.
function lessons(was, is) {
  const known = new Set(sentences(was));
  return [...new Set(sentences(is))].filter((part) => !known.has(part)).map((part) => (part.length > LONGEST_LESSON ? `${part.slice(0, LONGEST_LESSON)} […]` : part));
}

// Paragraphs and items of lists, joined over the ends of lines, and each taken apart where a sentence ends.
function sentences(text) {
  const items = [""];
  for (const line of text.split("\n")) {
    const marked = /^\s*(?:[-*•#>]+|\d+[.)])\s+/.exec(line);
    if (marked || !line.trim()) items.push("");
    items.push(`${items.pop()} ${line.slice(marked ? marked[0].length : 0).trim()}`);
  }
  return items.flatMap((item) => item.trim().split(/(?<=[.!?])\s+(?=[\p{Lu}`"'(])/u)).filter((part) => /[\p{L}\p{N}]{3}/u.test(part));
}

function climb(run) {
  const members = admitted(run), all = [...members.values()].map((step) => ({ id: step.id, score: mean(step) }));
  const path = run.path.map((id, at) => {
    const step = members.get(id), before = at ? new Map(members.get(run.path[at - 1]).texts) : new Map();
    const changed = step.texts.filter(([name, number]) => before.get(name) !== number).map(([name]) => name);
    return { id, score: mean(step), label: at ? `${step.maker}: ${changed.join(", ")}` : "start" };
  });
  if (!path.length) return;
  const words = `From the start, mean score ${path[0].score.toFixed(3)}, to candidate ${path.at(-1).id}, ${path.at(-1).score.toFixed(3)}, in ${path.length - 1} step${path.length === 2 ? "" : "s"}; dots are the other admitted candidates.`;
  plotted("climb", words, (width) => Plot.plot({
    width, height: 260, grid: true, marginRight: 190, style: { background: "none", fontSize: "12px" },
    x: { label: "candidate", tickFormat: d3.format("d"), ticks: Math.max(1, Math.min(8, all.length - 1)) }, y: { label: "mean score", nice: true },
    marks: [
      Plot.dot(all, { x: "id", y: "score", r: 2, fill: colour("--soft"), fillOpacity: 0.6 }),
      Plot.line(path, { x: "id", y: "score", stroke: colour("--accent"), strokeWidth: 2.5 }),
      Plot.dot(path, { x: "id", y: "score", r: 5, fill: colour("--accent"), title: (p) => `candidate ${p.id}: ${p.label}` }),
      Plot.text(apart(path), { x: "id", y: "score", text: (p) => `${p.id} ${p.label.slice(0, 28)}`, textAnchor: "start", dx: 8, dy: 10, stroke: colour("--paper"), fill: colour("--ink") }),
    ],
  }));
}

// Those of the path whose names do not lie on each other; the list below has all.
function apart(path) {
  const reach = Math.max(1, path.at(-1).id) / 5, kept = [path.at(-1)];
  for (const point of [...path].reverse()) if (kept.at(-1).id - point.id >= reach) kept.push(point);
  return kept;
}
