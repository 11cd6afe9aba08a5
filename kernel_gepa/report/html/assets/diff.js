// Lines that differ between two texts: longest common subsequence of what is left between equal ends.

const MOST_COMPARED = 4e6; // pairs of lines; beyond, the middle is shown as replaced

function difference(before, after) {
  const a = before.split("\n"), b = after.split("\n");
  let head = 0, tail = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const same = (lines) => lines.map((line) => [" ", line]);
  const middle = between(a.slice(head, a.length - tail), b.slice(head, b.length - tail));
  return [...same(a.slice(0, head)), ...middle, ...same(a.slice(a.length - tail))];
}

function between(a, b) {
  if (a.length * b.length > MOST_COMPARED) return [...a.map((l) => ["-", l]), ...b.map((l) => ["+", l])];
  const width = b.length + 1, common = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      common[i * width + j] = a[i] === b[j] ? common[(i + 1) * width + j + 1] + 1
        : Math.max(common[(i + 1) * width + j], common[i * width + j + 1]);
  const found = [];
  let i = 0, j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) { found.push([" ", a[i]]); i++; j++; }
    else if (j >= b.length || (i < a.length && common[(i + 1) * width + j] >= common[i * width + j + 1])) found.push(["-", a[i++]]);
    else found.push(["+", b[j++]]);
  }
  return found;
}

const AROUND = 3; // equal lines that are shown beside a change

function diffed(before, after) {
  if (before === after) return el("p", { class: "gain" }, "No difference.");
  const lines = difference(before, after);
  const near = new Uint8Array(lines.length);
  lines.forEach(([sign], at) => {
    if (sign !== " ") for (let k = Math.max(0, at - AROUND); k <= Math.min(lines.length - 1, at + AROUND); k++) near[k] = 1;
  });
  const shown = el("pre", { tabindex: 0, role: "group", "aria-label": "Difference, + added, − removed" });
  let hidden = 0;
  const close = () => {
    if (hidden) shown.append(el("span", { class: "gap" }, `⋯ ${hidden} equal line${hidden > 1 ? "s" : ""}`));
    hidden = 0;
  };
  lines.forEach(([sign, line], at) => {
    if (!near[at]) { hidden++; return; }
    close();
    const kind = { "+": "ins", "-": "del", " ": "span" }[sign];
    shown.append(el(kind, {}, `${sign === "-" ? "−" : sign} ${line}`));
  });
  close();
  return shown;
}
