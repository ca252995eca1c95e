// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

// What a player sees and does on the page. One line for each property, in #results.

const amp = 'urn:recurve:amp#';
const results = [];

function check(property, holds) {
  results.push(`${holds ? 'ok' : 'not ok'} ${property}`);
}

function icon(selector) {
  return document.querySelector(`#icon ${selector}`);
}

function visible(element) {
  const box = element.getBoundingClientRect();
  return getComputedStyle(element).display !== 'none' && box.width > 0 && box.height > 0;
}

function dial(symbol) {
  return icon(`[mod-port-symbol=${symbol}].recurve-dial`);
}

function tell(host, values) {
  for (const key of Object.keys(values))
    host.setParameter(amp + key, values[key]);
}

const everything = {
  model: '/home/player/models/plexi.json', modelName: 'Plexi, bright channel', modelGear: 'JTM 45',
  modelAuthor: 'Ann', modelRate: 48000, modelEsr: 0.0123, status: '', rateNote: '',
  knob1Name: 'Drive', knob1Minimum: 0, knob1Maximum: 10, knob1Initial: 3,
  knob2Name: 'Presence', knob2Minimum: -1, knob2Maximum: 1, knob2Initial: 0,
  knob3Name: '', knob4Name: '',
};

function inside(element, around) {
  const a = element.getBoundingClientRect();
  const b = around.getBoundingClientRect();
  return a.left >= b.left && a.right <= b.right && a.top >= b.top && a.bottom <= b.bottom;
}

function checkLayout() {
  const plate = icon('.recurve-plate');
  const parts = Array.from(plate.querySelectorAll('.recurve-dial, .recurve-pedal, .recurve-switch, ' +
    '.recurve-screen, .recurve-chosen, .recurve-meter, .recurve-status')).filter(visible);
  check('every part lies on the plate', parts.every(part => inside(part, plate)));
  const clash = parts.some((a, i) => parts.some((b, j) => {
    const x = a.getBoundingClientRect();
    const y = b.getBoundingClientRect();
    return i < j && x.left < y.right && y.left < x.right && x.top < y.bottom && y.top < x.bottom;
  }));
  check('no part lies on another', !clash);
}

function checkAll(host) {
  check('without a model the page says so', icon('.recurve-name').textContent === 'No model');
  check('a model without knobs shows none', !visible(dial('knob_1')) && !visible(dial('knob_4')));
  check('the page asks for the name of the model', host.asked.includes(amp + 'modelName'));

  tell(host, everything);
  check('the name of the model is shown', icon('.recurve-name').textContent === 'Plexi, bright channel');
  check('gear, author, rate and error are shown',
    icon('.recurve-about').textContent === 'JTM 45  \u00b7  by Ann  \u00b7  48 kHz  \u00b7  ESR 0.012');
  check('the file is shown', icon('.recurve-chosen').textContent === 'plexi.json');
  check('the knobs of the model are there, and no others',
    visible(dial('knob_1')) && visible(dial('knob_2')) && !visible(dial('knob_3')));
  check('knobs have the names of the model',
    icon('[recurve-knob="1"] span').textContent === 'Drive' &&
    document.querySelector('#settings [recurve-knob="2"] span').textContent === 'Presence');
  check('a knob in the middle shows the value that the file starts with',
    icon('[recurve-value="1"]').textContent === '3');
  host.setPort('knob_1', 1);
  check('a knob at its end shows the end of the range', icon('[recurve-value="1"]').textContent === '10');
  check('a knob turns', dial('knob_1').style.transform === 'rotate(135deg)');
  host.setPort('knob_1', 0.25);
  check('below the middle a knob goes over the lower part', icon('[recurve-value="1"]').textContent === '1.5');

  icon('.recurve-pedal').click();
  check('the switch bypasses, and the light goes out',
    host.bypassed && !icon('.recurve-light').classList.contains('on'));
  icon('.recurve-pedal').click();
  check('the switch brings it back', icon('.recurve-light').classList.contains('on'));

  icon('.recurve-chosen').click();
  const options = document.querySelectorAll('#icon .recurve-file [mod-role=enumeration-option]');
  check('the list of files opens', options.length === 3 && visible(options[1]));
  options[1].click();
  check('a file of the list is chosen', icon('.recurve-chosen').textContent === 'fuzz.nam');

  icon('[recurve-step=next]').click();
  check('the arrow asks for the next model', host.asked.includes('next=1'));
  icon('[mod-port-symbol=normalise]').click();
  const rates = document.querySelectorAll('#settings .recurve-rates [mod-role=enumeration-option]');
  rates[1].click();
  check('the settings choose what is done about rates',
    document.querySelector('#settings .recurve-rates .recurve-chosen').textContent === 'Economy');
  check('a switch switches', icon('[mod-port-symbol=normalise]').classList.contains('on'));

  host.setPort('meter_out', -27);
  check('a meter shows its level', icon('[recurve-meter=meter_out] i').style.height === '50%');
  host.setPort('meter_out', -200);
  check('a meter ends at its end', icon('[recurve-meter=meter_out] i').style.height === '100%');

  tell(host, { status: '/models/plexi.json: no such file' });
  check('what is wrong is shown', icon('.recurve-status').textContent === '/models/plexi.json: no such file');
  tell(host, { modelName: '<b>&amp;</b> '.repeat(30), knob3Name: 'Middle', knob4Name: '<i>'.repeat(20) });
  check('names are text, never markup', !icon('.recurve-name b') && !icon('[recurve-knob="4"] span i'));
  checkLayout();
}

// As it is shown on the board.
function pose(host) {
  tell(host, everything);
  for (const [symbol, value] of [['knob_1', 0.7], ['knob_2', 0.4], ['input_gain', 3], ['mix', 100],
    ['normalise', 1], ['meter_in', -14], ['meter_out', -9], ['output_gain', -2], ['next', 0], ['rate_mode', 0]])
    host.setPort(symbol, value);
}

const board = new Host(document.querySelector('#icon'), document.querySelector('#settings'),
  window.pluginScript, window.pluginPorts);
try {
  checkAll(board);
} catch (error) {
  results.push(`not ok ${error.stack}`);
}
pose(board);
document.querySelector('#results').textContent = `${results.join('\n')}\nended`;
