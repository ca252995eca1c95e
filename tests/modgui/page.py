#!/usr/bin/env python3
# Copyright 2026 The Recurve developers
# SPDX-License-Identifier: ISC
"""Makes one page of a bundle's modgui, as mod-ui would: page.py BUNDLE PAGE [icon|thumbnail|settings|checks]

Before that it compares the marks of the page with the ports of the bundle; what is wrong is
printed, and the exit status is 1.
"""

import json
import pathlib
import re
import struct
import sys

HERE = pathlib.Path(__file__).parent
FILES = ["plexi.json", "fuzz.nam", "clean amp.aidax"]


def ports_of(text):
    """Control and audio ports of the first plugin in a Turtle file."""
    ports = []
    for part in re.split(r"\]\s*,\s*\[\s*(?=a lv2:)|lv2:port \[", text)[1:]:
        symbol = re.search(r'lv2:symbol "(\w+)"', part)
        if not symbol:
            continue
        number = {key: re.search(rf"lv2:{key} (-?[\d.]+)", part) for key in ("minimum", "maximum", "default")}
        value = {key: float(found[1]) if found else 0.0 for key, found in number.items()}
        ports.append({
            "symbol": symbol[1],
            "name": re.search(r'lv2:name "([^"]*)"', part)[1],
            "input": "lv2:InputPort" in part,
            "control": "lv2:ControlPort" in part,
            "audio": "lv2:AudioPort" in part,
            "bypass": "lv2:designation lv2:enabled" in part,
            "unit": "dB" if "units:db" in part else "%" if "units:pc" in part else "",
            "minimum": value["minimum"], "maximum": value["maximum"], "initial": value["default"]})
    return ports


def look_up(scopes, name):
    for scope in reversed(scopes):
        value = scope
        for key in name.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        if value is not None:
            return value
    return None


def render(text, scopes):
    """Sections over lists and objects, and values; all of Mustache that is used."""
    def section(match):
        value = look_up(scopes, match[1])
        values = value if isinstance(value, list) else [value] if value else []
        return "".join(render(match[2], scopes + [one]) for one in values)

    text = re.sub(r"\{\{#([\w.]+)\}\}(.*?)\{\{/\1\}\}", section, text, flags=re.S)
    return re.sub(r"\{\{\{?([\w.]+)\}?\}\}", lambda match: str(look_up(scopes, match[1]) or ""), text)


def complaints(bundle, ports, icon, settings):
    controls = {port["symbol"] for port in ports if port["control"] and port["input"] and not port["bypass"]}
    outputs = {port["symbol"] for port in ports if port["control"] and not port["input"]}
    for name, text in (("icon.html", icon), ("settings.html", settings)):
        marks = set(re.findall(r'mod-role="input-control-port" mod-port-symbol="(\w+)"', text))
        for symbol in sorted(marks - controls):
            yield f"{name}: no control port {symbol}"
        if name == "settings.html":
            for symbol in sorted(controls - marks):
                yield f"{name}: control port {symbol} is missing"
    gui = (bundle / "modgui.ttl").read_text()
    for symbol in sorted(set(re.findall(r'lv2:symbol "(\w+)"', gui)) - outputs):
        yield f"modgui.ttl: no output port {symbol}"
    for name, size in (("screenshot", (620, 372)), ("thumbnail", (256, 154))):
        picture = (bundle / f"modgui/{name}.png").read_bytes()
        if picture[:8] != b"\x89PNG\r\n\x1a\n" or struct.unpack(">II", picture[16:24]) != size:
            yield f"modgui/{name}.png: not a PNG of {size[0]} x {size[1]}"
    for path in sorted(set(re.findall(r"<(modgui/[^>]+)>", gui))):
        if not (bundle / path).is_file():
            yield f"modgui.ttl: {path} is not in the bundle"


def main():
    bundle, page, what = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
    icon, settings, css, js = (
        (bundle / "modgui" / name).read_text() for name in ("icon.html", "settings.html", "recurve.css", "recurve.js"))
    ports = ports_of((bundle / "amp.ttl").read_text())
    wrong = list(complaints(bundle, ports, icon, settings))
    for line in wrong:
        print(line)
    scope = {
        "cns": "_recurve_1", "ns": "?1",
        "effect": {
            "name": "Recurve",
            "parameters": [{
                "path": True, "uri": "urn:recurve:amp#model", "label": "Model",
                "files": [{"fullname": f"/models/{name}", "basename": name} for name in FILES]}],
            "ports": {"audio": {
                "input": [port for port in ports if port["audio"] and port["input"]],
                "output": [port for port in ports if port["audio"] and not port["input"]]}}}}
    shown = {"icon": "#settings, #results { display: none } body { width: 620px; height: 372px }",
             "thumbnail": "#settings, #results { display: none } body { zoom: 0.4129 }",
             "settings": "#icon, #results { display: none } body { width: 760px }",
             "checks": "#icon { height: 400px; position: relative }"}[what]
    page.write_text(f"""<!DOCTYPE html>
<meta charset="utf-8">
<style>body {{ margin: 0; background: #101214; color: #ddd; overflow: hidden }} {shown}</style>
<style>{render(css, [scope])}</style>
<div id="icon">{render(icon, [scope])}</div>
<div id="settings">{render(settings, [scope])}</div>
<pre id="results"></pre>
<script>window.pluginPorts = {json.dumps([port for port in ports if port["control"]])};
window.pluginScript = ({js});
{(HERE / "host.js").read_text()}
{(HERE / "checks.js").read_text()}</script>
""")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
