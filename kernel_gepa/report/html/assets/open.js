// What the other parts need: the run, its texts, and elements that take words as words and never as markup.

const byId = (id) => document.getElementById(id);

async function unpacked(id) {
  const holder = byId(id);
  const bytes = Uint8Array.from(atob(holder.textContent), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return JSON.parse(await new Response(stream).text());
}

function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "onclick") made.addEventListener("click", value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

// New content for an element, in which what was open stays open, and the keyboard stays where it was.
function replaced(holder, ...children) {
  const keyed = (found) => new Map([...found.querySelectorAll("[data-key]")].map((e) => [e.dataset.key, e]));
  const before = keyed(holder), active = holder.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  const opened = new Map([...before].filter(([, e]) => e.localName === "details").map(([key, e]) => [key, e.open]));
  holder.replaceChildren(...children);
  if (!opened.size && !active) return;
  const after = keyed(holder);
  for (const [key, open] of opened) if (after.has(key)) after.get(key).open = open;
  if (active) after.get(active)?.focus({ preventScroll: true });
}

// The options of a list, without losing what is chosen.
function offered(select, options, first) {
  const chosen = select.options.length ? select.value : first;
  select.replaceChildren(...options.map(([value, name]) => el("option", { value }, name)));
  select.value = options.some(([value]) => value === chosen) ? chosen : first;
}

let looked = null; // a promise of all texts and samples, made when the first is wanted
let from; // the version that it has the texts of
async function lookedUp() {
  if (version !== from || looked === null) {
    const before = looked;
    from = version;
    looked = LIVE === null ? unpacked("looked") : before === null ? further(null) : before.then(further);
    looked.catch(() => { looked = null; }); // asked again when it is wanted again
  }
  return looked;
}

const times = (value) => `${value < 10 ? value.toFixed(2) : value.toFixed(1)}×`;
const interval = ([value, low, high]) => `${times(value)}, 95 % interval ${low.toFixed(2)} to ${high.toFixed(2)}`;
const mean = (step) => step.mean ?? (step.evals?.length ? d3.mean(step.evals, (e) => e.score[0]) : null);
// Of an admitted one the mean by which it was chosen: where racing skipped a task, its parent's score stands in.
const averaged = (run) => run.steps.forEach((step) => { if ((step.id ?? null) !== null) step.mean = run.means?.[step.id]; });
const called = (step) => (step.id === null ? `step ${step.n}` : `candidate ${step.id}`);
const admitted = (run) => new Map(run.steps.filter((s) => (s.id ?? null) !== null).map((s) => [s.id, s]));
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// Speedups by their logarithm, half to twice (or the best that there is) around no difference.
function speedupColour(most) {
  const reach = Math.max(1, Math.log2(Math.max(2, most)));
  const fall = d3.interpolateLab(colour("--mid"), colour("--low"));
  const rise = d3.interpolateLab(colour("--mid"), colour("--high"));
  return (value) => {
    const at = Math.log2(Math.max(value, 1e-9));
    return at < 0 ? fall(Math.min(1, -at)) : rise(Math.min(1, at / reach));
  };
}

// Black or white, whichever stands out more: at least 4.5 to 1 on any colour (WCAG 2.1, 1.4.3).
const EQUAL = 49.5; // lightness at which both stand out the same
const inkOn = (fill) => (d3.lab(fill).l > EQUAL ? "#000000" : "#ffffff");

function painted(cell, fill, unsure) {
  cell.style.background = unsure ? `repeating-linear-gradient(135deg, transparent 0 5px, color-mix(in srgb, var(--soft) 55%, transparent) 5px 6.5px), ${fill}` : fill;
  cell.style.color = inkOn(fill);
  if (unsure) cell.style.textShadow = `0 0 3px ${fill}, 0 0 3px ${fill}`;
}

function scaled(fill) {
  const patches = [0.5, 0.8, 1, 1.25, 2, 4, 8].map((value) => {
    const patch = el("span", {}, times(value));
    patch.style.cssText = `background:${fill(value)};color:${inkOn(fill(value))};padding:0 .5rem;border-radius:3px`;
    return patch;
  });
  byId("scale").replaceChildren("speedup:", ...patches);
}

// The head of a column that sorts by it. `state` has the key by which it is sorted, and the direction.
function sorter(state, key, name, sortBy) {
  const sorted = state.sort === key, sign = !sorted ? "" : state.down ? " ▼" : " ▲";
  return el("th", { scope: "col", "aria-sort": !sorted ? null : state.down ? "descending" : "ascending" },
    el("button", { type: "button", "data-key": `sort ${key}`, onclick: () => sortBy(key) }, name + sign));
}
