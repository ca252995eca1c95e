// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

// As much of mod-ui as a page of a plugin meets: the roles of its elements, and the calls of its
// script. What the page asks of the plugin is kept in `asked`.

function wrap(element) {
  return { 0: element, length: 1, find: selector => element.querySelectorAll(selector) };
}

class Host {
  constructor(icon, settings, script, ports) {
    this.trees = [icon, settings];
    this.ports = ports;
    this.values = {};
    this.bypassed = false;
    this.asked = [];
    this.data = {};
    this.script = script;
    this.funcs = {
      set_port_value: (symbol, value) => this.setPort(symbol, value, true),
      patch_get: uri => this.asked.push(uri),
    };
    for (const port of ports)
      this.values[port.symbol] = port.initial;
    for (const tree of this.trees)
      this.attach(tree);
    for (const port of ports)
      this.show(port.symbol);
    this.setBypass(false);
    this.call({
      type: 'start',
      ports: ports.map(port => ({ symbol: port.symbol, value: port.initial })),
      parameters: [],
    });
  }

  call(event) {
    this.script.call(this, Object.assign(event, {
      icon: wrap(this.trees[0]), settings: wrap(this.trees[1]), data: this.data,
    }), this.funcs);
  }

  each(selector, act) {
    for (const tree of this.trees)
      tree.querySelectorAll(selector).forEach(act);
  }

  port(symbol) {
    return this.ports.find(port => port.symbol === symbol);
  }

  attach(tree) {
    tree.querySelectorAll('[mod-role=input-control-port][mod-widget=switch]').forEach(element => {
      const symbol = element.getAttribute('mod-port-symbol');
      element.addEventListener('click', () => this.setPort(symbol, this.values[symbol] ? 0 : 1));
    });
    tree.querySelectorAll('[mod-widget^=custom-select]').forEach(element => {
      const list = element.querySelector('.mod-enumerated-list');
      element.querySelector('.mod-enumerated-selected').addEventListener('click', () => {
        list.style.display = list.style.display === 'block' ? 'none' : 'block';
      });
      list.querySelectorAll('[mod-role=enumeration-option]').forEach(option => {
        option.addEventListener('click', () => {
          list.style.display = 'none';
          if (element.getAttribute('mod-widget') === 'custom-select')
            this.setPort(element.getAttribute('mod-port-symbol'),
              Number(option.getAttribute('mod-port-value')));
          else
            this.setParameter(element.getAttribute('mod-parameter-uri'),
              option.getAttribute('mod-parameter-value'));
        });
      });
    });
    tree.querySelectorAll('[mod-role=bypass]').forEach(element => {
      element.addEventListener('click', () => this.setBypass(!this.bypassed));
    });
  }

  show(symbol) {
    const port = this.port(symbol);
    const value = this.values[symbol];
    const part = (value - port.minimum) / (port.maximum - port.minimum);
    this.each(`[mod-role=input-control-port][mod-port-symbol=${symbol}]`, element => {
      if (element.hasAttribute('mod-widget-rotation')) {
        const turn = Number(element.getAttribute('mod-widget-rotation'));
        element.style.transform = `rotate(${part * turn - turn / 2}deg)`;
      } else if (element.getAttribute('mod-widget') === 'switch') {
        element.classList.toggle('on', value > 0);
        element.classList.toggle('off', value <= 0);
      }
    });
    this.each(`[mod-role=input-control-value][mod-port-symbol=${symbol}]`, element => {
      const option = element.parentElement.querySelector(`[mod-port-value="${value}"]`);
      if (option)
        element.textContent = option.textContent;
      else
        element.textContent = port.unit ? `${value.toFixed(1)} ${port.unit}` : String(value);
    });
  }

  setPort(symbol, value) {
    if (!this.port(symbol))
      throw new Error(`no port ${symbol}`);
    this.values[symbol] = value;
    this.asked.push(`${symbol}=${value}`);
    this.show(symbol);
    this.call({ type: 'change', symbol, value });
  }

  setParameter(uri, value) {
    this.each(`[mod-role=input-parameter-value][mod-parameter-uri="${uri}"]`, element => {
      element.textContent = String(value).split('/').pop();
    });
    this.call({ type: 'change', uri, value });
  }

  setBypass(bypassed) {
    this.bypassed = bypassed;
    this.each('[mod-role=bypass-light]', element => {
      element.classList.toggle('on', !bypassed);
      element.classList.toggle('off', bypassed);
    });
  }
}
