-- Copyright 2026 The Recurve developers
-- SPDX-License-Identifier: ISC

-- What Ardour does in the tests, which start it with
--   first SESSION PLUGIN PRESET  a new session: record, insert, play, preset, play, save
--   again SESSION PLUGIN         the saved session: the plugin is there, play
--   export SESSION PLUGIN OUT    the saved session: export its master to OUT/export.wav
--   take SESSION PLUGIN PRESET   a new session: record, insert, preset, save
--   empty SESSION PLUGIN         a new session: insert, save
-- A word behind OUT changes the session before:
--   bypass  the plugin is automated: off from 0.5 s to 1.25 s
--   forget  no copy of the model is kept; the session is saved
--   save    the session is saved
-- To play is to record the plugin's output in real time. Prints "ardour.lua: TRACK is FILE" for what
-- is recorded, and at the very end "ardour.lua: done".

local mode, session_path, plugin_uri, extra, change = table.unpack(arg)

local RATE = 48000
local BLOCK = 256
local NAME = "session"
local SECONDS = 2
local NO_GROUP = PBD.GroupControlDisposition.NoGroup
local BY_UI = ARDOUR.TransportRequestSource.TRS_UI

-- The id that ardour.sh gives to its preset for 32-bit float files without dither.
local EXPORT_PRESET = "5f1c1b0e-2f0e-4f0c-8b6e-6d5d6d3c0a02"

-- Errors end the program at once: closing a session from a half-built state can hang.
local function demand(condition, text)
  if not condition then
    io.stderr:write("ardour.lua: ", text, "\n")
    io.stderr:flush()
    os.exit(1, false)
  end
  return condition
end

-- The engine processes in another thread; requests take effect at its next cycles.
local function wait_until(what, seconds, condition)
  for _ = 1, seconds * 20 do
    if condition() then
      return
    end
    sleep(0.05)
  end
  demand(false, "waited " .. seconds .. " s for " .. what)
end

local function start_engine()
  local backend = AudioEngine:set_backend("None (Dummy)", "", "")
  demand(not backend:isnil(), "no dummy back end")
  -- Its capture ports make a sound: no wave file has to be imported, which Lua cannot do.
  demand(backend:set_device_name("Pink Noise") == 0, "the dummy back end has no pink noise")
  demand(backend:set_buffer_size(BLOCK) == 0, "no blocks of " .. BLOCK)
  -- Only the connections of this file, to the sample; 0 is "by hand".
  ARDOUR.config():set_input_auto_connect(0)
  ARDOUR.config():set_output_auto_connect(0)
end

-- One channel in, one out: no panner, so nothing scales the samples.
local function add_track(session, name)
  local order = ARDOUR.PresentationInfo.max_order
  local tracks =
    session:new_audio_track(1, 1, nil, 1, name, order, ARDOUR.TrackMode.Normal, true)
  demand(tracks:size() == 1, "no track")
  return tracks:front()
end

local function connect(port, other)
  demand(port:connect(other) == 0, "cannot connect " .. port:name() .. " to " .. other)
end

-- Rolls for SECONDS from the start, with one track armed.
local function record(session, name)
  local track = session:route_by_name(name)
  demand(not track:isnil(), "no track " .. name)
  session:goto_start(false)
  wait_until("the start", 5, function() return session:transport_sample() == 0 end)
  track:rec_enable_control():set_value(1, NO_GROUP)
  session:maybe_enable_record()
  -- Ardour fades in what has been inserted, connected or armed; the plugin what has been loaded.
  sleep(1)
  session:request_roll(BY_UI)
  wait_until("the transport", SECONDS + 20, function()
    return session:transport_sample() >= SECONDS * RATE
  end)
  demand(session:actively_recording(), "the transport rolls, but nothing is recorded")
  session:request_stop(false, false, BY_UI)
  wait_until("the stop", 10, function() return session:transport_stopped() end)
  track:rec_enable_control():set_value(0, NO_GROUP)
  session:disable_record(false, false)

  local playlist = track:to_track():playlist()
  wait_until("the recorded region", 10, function() return playlist:n_regions() == 1 end)
  for region in playlist:region_list():iter() do
    region:to_audioregion():set_fade_in_active(false)
    region:to_audioregion():set_fade_out_active(false)
    print("ardour.lua: " .. name .. " is " .. region:source(0):to_filesource():path())
  end
end

local function plugin_of(track)
  local processor = track:nth_plugin(0)
  demand(not processor:isnil(), "the track has no plugin")
  local plugin = processor:to_insert():plugin(0)
  demand(plugin:unique_id() == plugin_uri, "the plugin is another one: " .. plugin:unique_id())
  return plugin
end

-- With a track "amp" to the left input of the master, which then is a bus of one channel without a
-- panner: its gain is one, and the other side stays silent.
local function new_session()
  local session = demand(create_session(session_path, NAME, RATE), "no new session")
  -- Else the disk reader fades the first 50 ms in whenever the transport starts.
  session:cfg():set_use_transport_fades(false)
  local track = add_track(session, "amp")
  connect(track:output():audio(0), session:master_out():input():audio(0):name())
  return session, track
end

local function record_input(session, track)
  connect(track:input():audio(0), "system:capture_1")
  record(session, "amp")
  track:input():audio(0):disconnect_all()
end

local function insert(session, track)
  local processor = ARDOUR.LuaAPI.new_plugin(session, plugin_uri, ARDOUR.PluginType.LV2, "")
  demand(not processor:isnil(), "Ardour does not find or does not take " .. plugin_uri)
  demand(track:add_processor_by_index(processor, 0, nil, true) == 0, "not inserted")
  return plugin_of(track)
end

local function load_preset(plugin)
  local preset = plugin:preset_by_uri(extra)
  demand(preset and preset.valid, "no preset " .. extra)
  demand(plugin:load_preset(preset), "the preset was not loaded")
end

local function save(session)
  demand(session:save_state("", false, false, false, false, false) == 0, "not saved")
end

local function first()
  local session, track = new_session()
  for _, name in ipairs { "dry", "wet", "again" } do
    connect(add_track(session, name):input():audio(0), track:output():audio(0):name())
  end
  record_input(session, track)
  local plugin = insert(session, track)
  record(session, "dry")
  load_preset(plugin)
  record(session, "wet")
  save(session)
end

local function take()
  local session, track = new_session()
  record_input(session, track)
  load_preset(insert(session, track))
  save(session)
end

local function empty()
  local session, track = new_session()
  insert(session, track)
  save(session)
end

local function open()
  local session = demand(load_session(session_path, NAME), "the session does not open")
  local track = session:route_by_name("amp")
  demand(not track:isnil(), "the session has no track")
  plugin_of(track)
  return session
end

-- The number of a control of the plugin.
local function control(plugin, label)
  for i = 0, plugin:parameter_count() - 1 do
    if plugin:parameter_is_input(i) and plugin:parameter_label(i) == label then
      return i
    end
  end
  demand(false, "the plugin has no " .. label)
end

local function automation(session, label)
  local processor = session:route_by_name("amp"):nth_plugin(0)
  local parameter = Evoral.Parameter(
    ARDOUR.AutomationType.PluginAutomation, 0, control(processor:to_insert():plugin(0), label))
  local found = processor:to_automatable():automation_control(parameter, true)
  demand(not found:isnil(), "nothing automates " .. label)
  return found
end

local changes = {
  bypass = function(session)
    local enabled = automation(session, "Enabled")
    for _, point in ipairs { { 0, 1 }, { 0.5, 0 }, { 1.25, 1 } } do
      enabled:alist():add(Temporal.timepos_t(point[1] * RATE), point[2], false, true)
    end
    enabled:set_automation_state(ARDOUR.AutoState.Play)
  end,
  forget = function(session)
    automation(session, "Keep in session"):set_value(0, NO_GROUP)
    sleep(0.5)
    save(session)
  end,
  save = save,
}

-- Faster than real time, with a worker that is synchronous.
local function export(session)
  local exporter = session:simple_export()
  demand(exporter:set_preset(EXPORT_PRESET), "no export preset")
  demand(exporter:check_outputs(), "no master outputs")
  exporter:set_folder(extra)
  exporter:set_name("export")
  exporter:set_range(0, SECONDS * RATE)
  demand(exporter:run_export(), "export failed")
end

local function done()
  print("ardour.lua: done")
  io.stdout:flush()
end

start_engine()
if mode == "first" then
  first()
elseif mode == "take" then
  take()
elseif mode == "empty" then
  empty()
elseif mode == "again" then
  record(open(), "again")
else
  local session = open()
  if change then
    changes[change](session)
  end
  export(session)
  done()
end
close_session()
done()
