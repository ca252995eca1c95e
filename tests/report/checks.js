// Runs in the page, by WebDriver; calls back with a line per check.
const name = arguments[0];
const plots = arguments[1];
const done = arguments[arguments.length - 1];
const lines = [];
const check = (what, good) => lines.push((good ? 'ok ' : 'failed ') + what);

const offline = () => {
  const rate = recurve.buffers[1].sampleRate;
  const context = new OfflineAudioContext(1, rate, rate);
  const graph = recurve.build(context, recurve.buffers, 0, 0);
  context.suspend(0.5).then(() => {
    graph.choose(1, context.currentTime);
    context.resume();
  });
  return context.startRendering().then((sound) => sound.getChannelData(0));
};

const compare = (sound) => {
  const rate = recurve.buffers[1].sampleRate;
  const target = recurve.buffers[1].getChannelData(0);
  const model = recurve.buffers[2].getChannelData(0);
  let before = 0;
  let after = 0;
  let within = 0;
  for (let i = 0; i < rate; i++) {
    const a = model[i] * recurve.gains[2];
    const b = target[i] * recurve.gains[1];
    if (i < 0.49 * rate) before = Math.max(before, Math.abs(sound[i] - a));
    else if (i > 0.53 * rate) after = Math.max(after, Math.abs(sound[i] - b));
    else within = Math.max(within, Math.min(a, b) - sound[i], sound[i] - Math.max(a, b));
  }
  check('the model is heard at first', before < 1e-5);
  check('the target is heard after the switch, at the same place', after < 1e-5);
  check('nothing but the two is heard between', within < 1e-5);
};

recurve.load().then(() => {
  const [dry, target, model, difference] = recurve.buffers.map((one) => one.getChannelData(0));
  let worst = 0;
  for (let i = 0; i < target.length; i++) {
    worst = Math.max(worst, Math.abs(difference[i] - (target[i] - model[i])));
  }
  check('the title is the text of the model, not its markup', document.querySelector('h1').textContent === name);
  check('no markup of the model runs', window.broken === undefined && !document.querySelector('main img'));
  check('the three recordings are of one length', dry.length === target.length && model.length === target.length);
  check('the difference is target minus model', worst < 1e-6);
  check('there are ' + plots + ' plots', document.querySelectorAll('svg').length === plots);
  check('no box is empty', [...document.querySelectorAll('.card')].every((card) => card.textContent.trim()));
  check('nothing is wider than the window', document.documentElement.scrollWidth <= window.innerWidth);
  check('nothing points to a network', !/(src|href)=["']?(https?:)?\/\//.test(document.documentElement.outerHTML));
  return recurve.choose(2), offline();
}).then(compare).catch((reason) => check('no exception: ' + reason, false)).then(() => done(lines.join('\n')));
