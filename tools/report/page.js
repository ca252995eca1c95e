'use strict';
(() => {
  const RAMP = 0.012; // seconds of the cross-fade from one track to another
  const names = ['dry', 'target', 'model', 'difference'];
  const byId = (id) => document.getElementById(id);
  const data = byId('sound');
  const gains = names.map((name) => Number(data.dataset[name]));
  const boost = Number(data.dataset.boost);
  let context = null;
  let buffers = null;
  let graph = null;
  let loading = null;
  let selected = 2;
  let offset = 0; // seconds into the excerpt while nothing plays
  let begun = 0;  // the context's time at which the excerpt's zero would have been

  const decode = (target) =>
    Promise.all(names.slice(0, 3).map((name) => {
      const text = atob(byId('sound-' + name).textContent.trim());
      const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
      return target.decodeAudioData(bytes.buffer);
    })).then((three) => {
      const wet = three[1].getChannelData(0);
      const model = three[2].getChannelData(0);
      const rest = target.createBuffer(1, wet.length, three[1].sampleRate);
      const to = rest.getChannelData(0);
      for (let i = 0; i < to.length; i++) to[i] = wet[i] - model[i];
      return three.concat([rest]);
    });

  const level = (track) => gains[track] * (track === 3 && byId('louder').checked ? boost : 1);

  // All four run from one moment on; what is heard is a matter of their gains.
  const build = (target, sounds, when, from) => {
    const tracks = sounds.map((buffer, track) => {
      const source = target.createBufferSource();
      const gain = target.createGain();
      source.buffer = buffer;
      source.loop = true;
      gain.gain.value = track === selected ? level(track) : 0;
      source.connect(gain).connect(target.destination);
      source.start(when, from);
      return { source, gain };
    });
    return {
      tracks,
      choose(track, now) {
        tracks.forEach((one, index) => {
          const value = index === track ? level(index) : 0;
          one.gain.gain.cancelScheduledValues(now);
          one.gain.gain.setValueAtTime(one.gain.gain.value, now);
          one.gain.gain.linearRampToValueAtTime(value, now + RAMP);
        });
      },
      stop() {
        tracks.forEach((one) => { one.source.stop(); one.gain.disconnect(); });
      },
    };
  };

  const length = () => (buffers ? buffers[1].duration : Number(data.dataset.seconds));
  const position = () => (graph ? (context.currentTime - begun) % length() : offset);

  // Needs no leave of the browser: only what plays does.
  const load = () => {
    loading = loading || decode(new OfflineAudioContext(1, 1, Number(data.dataset.rate))).then((made) => {
      buffers = made;
      draw();
    });
    return loading;
  };

  const halt = () => {
    if (!graph) return;
    offset = position();
    graph.stop();
    graph = null;
  };

  const start = () => {
    halt();
    const when = context.currentTime + 0.02;
    begun = when - offset;
    graph = build(context, buffers, when, offset);
  };

  const show = () => {
    document.querySelectorAll('[data-track]').forEach((button) => {
      button.setAttribute('aria-checked', String(Number(button.dataset.track) === selected));
    });
    byId('play').textContent = graph ? 'Pause' : 'Play';
  };

  const toggle = () => {
    if (graph) {
      halt();
      show();
      return Promise.resolve();
    }
    context = context || new AudioContext();
    return Promise.all([load(), context.resume()]).then(() => {
      start();
      show();
      requestAnimationFrame(tick);
    }).catch(complain);
  };

  const choose = (track) => {
    selected = track;
    if (graph) graph.choose(track, context.currentTime);
    show();
    draw();
  };

  const seek = (seconds) => {
    offset = Math.min(Math.max(seconds, 0), length() - 0.01);
    if (graph) {
      const at = offset;
      halt();
      offset = at;
      start();
    }
    draw();
  };

  const complain = (reason) => {
    byId('trouble').textContent = 'This browser cannot play the sounds: ' + reason;
  };

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);

  const outline = (canvas, pen, buffer, scale, ink) => {
    const samples = buffer.getChannelData(0);
    const middle = canvas.height / 2;
    pen.fillStyle = ink;
    for (let x = 0; x < canvas.width; x++) {
      const from = Math.floor(x * samples.length / canvas.width);
      const to = Math.floor((x + 1) * samples.length / canvas.width);
      let peak = 0;
      for (let i = from; i < to; i++) peak = Math.max(peak, Math.abs(samples[i]));
      const tall = Math.max(1, peak * scale * middle * 0.96);
      pen.fillRect(x, middle - tall, 1, 2 * tall);
    }
  };

  const draw = () => {
    const canvas = byId('wave');
    const pen = canvas.getContext('2d');
    const ratio = window.devicePixelRatio || 1;
    canvas.width = Math.round(canvas.clientWidth * ratio);
    canvas.height = Math.round(canvas.clientHeight * ratio);
    if (buffers) {
      outline(canvas, pen, buffers[1], 1, colour('--plot-1'));
      const scale = selected === 3 && byId('louder').checked ? Math.min(boost, 30) : 1;
      outline(canvas, pen, buffers[selected], scale, colour(selected === 1 ? '--target' : '--accent'));
    }
    const now = position();
    pen.fillStyle = colour('--ink');
    pen.fillRect(Math.round(now / length() * canvas.width), 0, Math.max(1, ratio), canvas.height);
    const time = (s) => Math.floor(s / 60) + ':' + String(Math.floor(s % 60)).padStart(2, '0');
    byId('clock').textContent = time(now) + ' / ' + time(length());
  };

  const tick = () => {
    draw();
    if (graph) requestAnimationFrame(tick);
  };

  document.querySelectorAll('[data-track]').forEach((button) => {
    button.addEventListener('click', () => choose(Number(button.dataset.track)));
  });
  byId('play').addEventListener('click', toggle);
  byId('louder').addEventListener('change', () => choose(selected));
  byId('wave').addEventListener('click', (event) => {
    seek(event.offsetX / event.target.clientWidth * length());
  });
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key >= '1' && event.key <= '4') choose(Number(event.key) - 1);
    else if (event.key === ' ' && event.target.tagName !== 'BUTTON' && event.target.tagName !== 'INPUT') toggle();
    else if (event.key === 'ArrowLeft') seek(position() - 1);
    else if (event.key === 'ArrowRight') seek(position() + 1);
    else return;
    if (event.target.tagName !== 'INPUT') event.preventDefault();
  });
  window.addEventListener('resize', draw);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);

  show();
  draw();
  load().catch(complain);
  // For who wants to look inside, and for the tests.
  window.recurve = {
    load, toggle, choose, seek, position, build, gains,
    get buffers() { return buffers; },
    get values() { return graph ? graph.tracks.map((one) => one.gain.gain.value) : null; },
  };
})();
