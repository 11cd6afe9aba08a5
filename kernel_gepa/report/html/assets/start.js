// Begins: draws the first picture at once and what is further down when the browser has time.

const THEMES = ["", "light", "dark"], THEME_NAMES = { "": "as the system", light: "light", dark: "dark" };
const SECTIONS = { run: [matrix, problems, lineage, progress, stages, way], sweep: [problems], sides: [sides, progress] };

function themed(redraw) {
  const button = byId("theme"), root = document.documentElement;
  button.hidden = false;
  button.addEventListener("click", () => {
    const next = THEMES[(THEMES.indexOf(root.dataset.theme ?? "") + 1) % THEMES.length];
    if (next) root.dataset.theme = next; else delete root.dataset.theme;
    button.textContent = `Theme: ${THEME_NAMES[next]}`;
    redraw();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
}

async function begin() {
  const run = await unpacked("index");
  averaged(run);
  const open = detailed(run), [first, ...others] = SECTIONS[run.kind];
  const redraws = [first(run, open)];
  performance.mark("first-picture");
  await new Promise((resume) => setTimeout(resume));
  redraws.push(...others.map((section) => section(run, open)));
  const redraw = () => redraws.forEach((each) => each());
  themed(redraw);
  await way.first;
  // On paper nobody can open what was measured.
  addEventListener("beforeprint", () => byId("head").querySelectorAll("details").forEach((d) => { d.open = true; }));
  if (LIVE !== null) followed(run, redraw);
  document.documentElement.dataset.ready = "";
}

begin().catch((error) => {
  const note = byId("trouble");
  note.hidden = false;
  note.textContent = `The pictures could not be drawn (${error}). This page needs a browser of 2023 or later.`;
});
