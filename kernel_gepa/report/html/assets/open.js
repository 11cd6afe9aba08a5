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

let looked = null; // unpacked when the first text is wanted
const lookedUp = () => (looked ??= unpacked("looked"));

const times = (value) => `${value < 10 ? value.toFixed(2) : value.toFixed(1)}×`;
const interval = ([value, low, high]) => `${times(value)}, 95 % interval ${low.toFixed(2)} to ${high.toFixed(2)}`;
const mean = (step) => (step.evals?.length ? d3.mean(step.evals, (e) => e.score[0]) : null);
const called = (step) => (step.id === null ? `step ${step.n}` : `candidate ${step.id}`);
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

function inkOn(fill) {
  const { l } = d3.lab(fill);
  return l > 58 ? "#14171a" : "#ffffff";
}
