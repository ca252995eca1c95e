function (event, funcs) {
  // Copyright 2026 The Recurve developers
  // SPDX-License-Identifier: ISC

  // mod-ui evaluates this text and calls it with "start", then with "change" for each value.
  var prefix = 'urn:recurve:amp#';
  var data = event.data || {};
  var state = data.recurve || (data.recurve = { texts: {}, numbers: {}, ports: {} });

  // The icon and the settings are two trees with the same marks.
  function each(selector, act) {
    [event.icon, event.settings].forEach(function (tree) {
      if (tree && tree[0])
        Array.prototype.forEach.call(tree[0].querySelectorAll(selector), act);
    });
  }

  function write(key, text) {
    each('[recurve-text="' + key + '"]', function (element) {
      element.textContent = text;
      element.title = text;
    });
  }

  function number(value) {
    return String(Math.round(value * 100) / 100);
  }

  // A port goes from 0 to 1; its middle is the value with which the model starts.
  function knobValue(k) {
    var low = state.numbers['knob' + k + 'Minimum'];
    var high = state.numbers['knob' + k + 'Maximum'];
    var middle = state.numbers['knob' + k + 'Initial'];
    var at = state.ports['knob_' + k];
    if ([low, high, middle, at].some(function (n) { return typeof n !== 'number' || isNaN(n); }))
      return '';
    return number(at < 0.5 ? low + (middle - low) * 2 * at : middle + (high - middle) * (2 * at - 1));
  }

  function showKnob(k) {
    var name = state.texts['knob' + k + 'Name'] || '';
    each('[recurve-knob="' + k + '"]', function (element) {
      element.classList.toggle('recurve-there', name !== '');
    });
    write('knob' + k + 'Name', name);
    each('[recurve-value="' + k + '"]', function (element) {
      element.textContent = knobValue(k);
    });
  }

  function showAbout() {
    var about = [];
    if (state.texts.modelGear)
      about.push(state.texts.modelGear);
    if (state.texts.modelAuthor)
      about.push('by ' + state.texts.modelAuthor);
    if (state.numbers.modelRate > 0)
      about.push(number(state.numbers.modelRate / 1000) + ' kHz');
    if (state.numbers.modelEsr > 0)
      about.push('ESR ' + state.numbers.modelEsr.toPrecision(2));
    write('about', about.join('  \u00b7  ') || (state.texts.modelName ? '' : 'choose a file below'));
  }

  function showStatus() {
    write('status', state.texts.status || state.texts.rateNote || '');
  }

  function showMeter(symbol, level) {
    // From -60 to +6 dBFS.
    var part = Math.min(1, Math.max(0, (level + 60) / 66));
    each('[recurve-meter="' + symbol + '"] i', function (element) {
      element.style.height = 100 - 100 * part + '%';
    });
  }

  function takePort(symbol, value) {
    state.ports[symbol] = value;
    if (symbol.indexOf('meter_') === 0)
      showMeter(symbol, value);
    else if (symbol.indexOf('knob_') === 0)
      showKnob(symbol.slice(-1));
  }

  function takeParameter(uri, value) {
    if (uri.indexOf(prefix) !== 0)
      return;
    var key = uri.slice(prefix.length);
    if (typeof value === 'number' || /(Rate|Esr|Minimum|Maximum|Initial)$/.test(key))
      state.numbers[key] = Number(value);
    else
      state.texts[key] = value;
    if (key === 'modelName')
      write('modelName', value || 'No model');
    if (key.indexOf('knob') === 0)
      showKnob(key.charAt(4));
    if (key.indexOf('model') === 0)
      showAbout();
    if (key === 'status' || key === 'rateNote')
      showStatus();
  }

  function step() {
    var symbol = this.getAttribute('recurve-step');
    if (!funcs || typeof funcs.set_port_value !== 'function')
      return;
    // A trigger: the plugin acts on the rise.
    funcs.set_port_value(symbol, 1);
    setTimeout(function () { funcs.set_port_value(symbol, 0); }, 200);
  }

  // What the plugin tells only when asked.
  function ask() {
    var keys = ['modelName', 'modelAuthor', 'modelGear', 'modelRate', 'modelEsr', 'status', 'rateNote'];
    for (var k = 1; k <= 4; k++)
      ['Name', 'Minimum', 'Maximum', 'Initial'].forEach(function (end) { keys.push('knob' + k + end); });
    if (funcs && typeof funcs.patch_get === 'function')
      keys.forEach(function (key) { funcs.patch_get(prefix + key); });
  }

  if (event.type === 'start') {
    (event.ports || []).forEach(function (port) { takePort(port.symbol, port.value); });
    (event.parameters || []).forEach(function (p) { takeParameter(p.uri, p.value); });
    each('[recurve-step]', function (element) { element.addEventListener('click', step); });
    ask();
  } else if (event.type === 'change') {
    if (event.symbol)
      takePort(event.symbol, event.value);
    else if (event.uri)
      takeParameter(event.uri, event.value);
  }
}
