// Begins: draws the first pictures at once and what is further down when the browser has time.

const THEMES = ["", "light", "dark"], THEME_NAMES = { "": "as the system", light: "light", dark: "dark" };

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
  const open = detailed(run);
  const redraws = [matrix(run, open)];
  performance.mark("first-picture");
  await new Promise((resume) => setTimeout(resume));
  redraws.push(tasks(run), lineage(run, open), progress(run), stages(run, open));
  themed(() => redraws.forEach((redraw) => redraw()));
  await way(run, open);
  document.documentElement.dataset.ready = "";
}

begin().catch((error) => {
  const note = byId("trouble");
  note.hidden = false;
  note.textContent = `The pictures could not be drawn (${error}). This page needs a browser of 2023 or later; every step as text is at the end.`;
});
