// The tree of candidates. Its nodes take the keyboard: one of them is in the tab order, arrows move from it.

const SYMBOLS = ["symbolStar", "symbolCircle", "symbolSquare", "symbolDiamond", "symbolTriangle", "symbolCross", "symbolWye"];
const ROW = 20, STEP = 74, MANY = 150, NODE = 90;

function lineage(run, open) {
  const state = { at: null }; // the step whose node is in the tab order
  const faint = byId("faint");
  const symbol = (maker) => d3[SYMBOLS[makers.indexOf(maker) % SYMBOLS.length]];
  let judged, makers, best;
  faint.checked = run.steps.length <= MANY;

  function draw() {
    judged = run.steps.filter((step) => step.kind !== "passed");
    makers = [...new Set(judged.map((step) => step.maker))];
    best = run.path.at(-1);
    const kept = judged.filter((step) => step.id !== null || (faint.checked && step.parents.length));
    const ids = new Map(kept.filter((step) => step.id !== null).map((step) => [step.id, step]));
    if (!kept.length) return;
    const root = d3.stratify().id((s) => `${s.n}`).parentId((s) => (s.parents.length ? `${ids.get(s.parents[0]).n}` : null))(kept);
    d3.tree().nodeSize([ROW, STEP])(root);
    const nodes = root.descendants(), at = new Map(nodes.map((node) => [node.data.n, node]));
    const top = d3.min(nodes, (n) => n.x) - ROW, bottom = d3.max(nodes, (n) => n.x) + ROW;
    const width = d3.max(nodes, (n) => n.y) + 320;
    const svg = d3.create("svg").attr("viewBox", [-24, top, width, bottom - top]).attr("width", width).attr("height", bottom - top)
      .attr("role", "tree").attr("aria-label", "Lineage of the candidates");
    svg.append("g").attr("aria-hidden", "true").selectAll("path").data(links(nodes, at, ids)).join("path")
      .attr("class", (l) => `link ${l.second ? "second" : ""} ${l.way ? "way" : ""}`)
      .attr("d", (l) => d3.linkHorizontal()({ source: [l.from.y, l.from.x], target: [l.to.y, l.to.x] }));
    put(svg, nodes);
    shown(svg.node(), top);
    legend();
  }

  // The first time the start is in the middle; later the reader's own place is kept.
  function shown(svg, top) {
    const holder = byId("tree"), first = !holder.firstChild, { scrollTop, scrollLeft } = holder;
    replaced(holder, svg);
    if (first) holder.scrollTop = -top - holder.clientHeight / 2;
    else { holder.scrollTop = scrollTop; holder.scrollLeft = scrollLeft; }
  }

  function links(nodes, at, ids) {
    const way = new Set(run.path);
    return nodes.flatMap((node) => node.data.parents.map((parent, i) => ({
      from: at.get(ids.get(parent).n), to: node, second: i > 0,
      way: node.data.id !== null && way.has(node.data.id) && way.has(parent),
    })));
  }

  function put(svg, nodes) {
    const scores = nodes.map((n) => mean(n.data)).filter((score) => score !== null);
    const low = colour("--low"), mid = colour("--mid"), high = colour("--high"), start = mean(nodes[0].data) ?? 0;
    const up = Math.max((d3.max(scores) ?? 1) - start, 1e-9), down = Math.max(start - (d3.min(scores) ?? 0), 1e-9);
    const fill = (step) => {
      const score = mean(step);
      if (score === null) return mid;
      return score >= start ? d3.interpolateLab(mid, high)((score - start) / up) : d3.interpolateLab(mid, low)((start - score) / down);
    };
    const at = nodes.some((n) => n.data.n === state.at) ? state.at : nodes[0].data.n;
    const made = svg.append("g").selectAll("g").data(nodes).join("g")
      .attr("class", (n) => `node ${n.data.kind}`).attr("transform", (n) => `translate(${n.y},${n.x})`)
      .attr("role", "treeitem").attr("tabindex", (n) => (n.data.n === at ? 0 : -1)).attr("aria-level", (n) => n.depth + 1)
      .attr("aria-selected", "false").attr("aria-label", (n) => spoken(n.data)).attr("id", (n) => `node-${n.data.n}`).attr("data-key", (n) => `node ${n.data.n}`)
      .on("click", (event, n) => open(n.data)).on("keydown", (event, n) => moved(event, n, nodes, open)).on("focus", (event, n) => { state.at = n.data.n; });
    made.append("title").text((n) => spoken(n.data));
    made.append("path").attr("d", (n) => d3.symbol(symbol(n.data.maker), n.data.id === best ? NODE * 2.2 : NODE)())
      .attr("fill", (n) => fill(n.data)).attr("stroke", "currentColor").attr("stroke-width", (n) => (n.data.id === best ? 2.5 : 1));
    made.filter((n) => n.data.id !== null).append("text").attr("x", 10).attr("y", 4).text((n) => n.data.id)
      .filter((n) => !n.children).text((n) => `${n.data.id}  ${n.data.origin.slice(0, 40)}`);
  }

  function legend() {
    const shape = (maker) => {
      const svg = d3.create("svg").attr("width", 16).attr("height", 16).attr("viewBox", "-8 -8 16 16").attr("aria-hidden", "true");
      svg.append("path").attr("d", d3.symbol(symbol(maker), 70)()).attr("fill", "none").attr("stroke", "currentColor");
      return el("span", {}, svg.node(), ` ${maker}`);
    };
    byId("shapes").replaceChildren(...makers.map(shape), "blue: better than the start; orange: worse; large: the best on average");
  }

  faint.addEventListener("change", draw);
  draw();
  return draw;
}

function spoken(step) {
  const average = mean(step), score = average === null ? "not judged" : `mean score ${average.toFixed(3)}`;
  return `${called(step)}, ${step.origin}, ${step.kind}, ${score}`;
}

function moved(event, node, nodes, open) {
  const siblings = nodes.filter((n) => n.depth === node.depth).sort((a, b) => a.x - b.x), place = siblings.indexOf(node);
  const to = { ArrowLeft: node.parent, ArrowRight: node.children?.[0], ArrowUp: siblings[place - 1], ArrowDown: siblings[place + 1] }[event.key];
  if (event.key === "Enter" || event.key === " ") open(node.data);
  else if (!to) { if (event.key.startsWith("Arrow")) event.preventDefault(); return; }
  else {
    event.currentTarget.setAttribute("tabindex", -1);
    const next = byId(`node-${to.data.n}`);
    next.setAttribute("tabindex", 0);
    next.focus();
  }
  event.preventDefault();
}
