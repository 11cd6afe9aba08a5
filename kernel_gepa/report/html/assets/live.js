// A page that is served asks again and again what is new; one in a file has everything and asks for nothing.

const LIVE = document.documentElement.dataset.live ?? null; // the version that this page was made from
const EVERY = 1000, LATER = 5000; // milliseconds between questions; after a failure, and while nobody looks
let version = LIVE;

async function asked(what) {
  const answer = await fetch(what, { cache: "no-store", credentials: "omit" });
  if (answer.status === 204) return null;
  if (!answer.ok) throw new Error((await answer.text()).trim() || `status ${answer.status}`);
  return answer.json();
}

async function news(run, redraw) {
  const found = await asked(`state?seen=${encodeURIComponent(version)}`);
  if (found === null) return false;
  // Made by the same escaping as the page itself, under a policy that runs no script in it.
  byId("head").innerHTML = found.head;
  if (byId("lines")) byId("lines").textContent = found.lines;
  if (found.after === 0) looked = null; // perhaps another run: none of its texts is known
  const steps = [...run.steps.slice(0, found.after), ...found.index.steps];
  Object.assign(run, found.index, { steps });
  version = found.version;
  averaged(run);
  redraw();
  return true;
}

// The texts that are known, and those that the run has written since.
async function further(known) {
  const has = known ?? { texts: [], samples: [] };
  const begun = version.split(".")[0];
  const more = await asked(`looked?begun=${begun}&texts=${has.texts.length}&samples=${has.samples.length}`);
  has.texts.push(...more.texts);
  has.samples.push(...more.samples);
  return has;
}

function followed(run, redraw) {
  const pulse = byId("pulse");
  let changed = new Date(), told = "";
  const say = (text) => { if (text !== told) pulse.textContent = told = text; };
  async function look() {
    let pause = EVERY;
    try {
      if (await news(run, redraw)) changed = new Date();
      say(`live; last change seen at ${changed.toLocaleTimeString()}`);
    } catch (error) {
      pause = LATER;
      say(error instanceof TypeError ? "the server has ended; this is the last that was seen" : String(error.message));
    }
    setTimeout(look, document.hidden ? LATER : pause);
  }
  look();
}
