-- SPDX-License-Identifier: Apache-2.0
-- override.lua: lays ordinary words over the parts of the same kind and name that a library made (run.lua).  A written
-- key takes the place of the made one; tables such as `monitor` are merged, one level deep.  What comes of it is one
-- note, in which each key still knows whose it is.

local check = use "check"
local near = use "near"

local merged_keys = { limits = true, monitor = true, options = true, persistence = true }

-- Both places as one: a written key leads to its line, any other to where the made part came from.
local both = {}
both.__index = both

local function join_places(made, written, value)
  return setmetatable({ line = made.line, label = made.label, made = made, written = written, value = value }, both)
end

local function merges(key, made, value)
  return merged_keys[key] and type(made[key]) == "table" and type(value[key]) == "table"
end

-- A monitor that names its plugin, or the pool that it tracks, stands for itself; so do options for another plugin.
local function stands_alone(key, made, value)
  if key == "monitor" then return value.monitor.plugin ~= nil or value.monitor.track ~= nil end
  return key == "options" and value.plugin ~= nil and value.plugin ~= made.plugin
end

local function over(made, value)
  local all = {}
  for key, v in pairs(made) do all[key] = v end
  for key, v in pairs(value) do all[key] = v end
  return all
end

function both:key(key)
  local own = self.value[key]
  if own == nil then return self.made:key(key) end
  if merged_keys[key] and type(own) == "table" then
    return join_places(self.made:key(key), self.written:key(key), own)
  end
  return self.written:key(key)
end

-- The place of the table that a key was written in.
function both:owner(key)
  return self.value[key] == nil and self.made or self.written
end

local function begins_tls(bind)
  if type(bind) ~= "table" then bind = { bind } end
  for _, b in ipairs(bind) do
    if type(b) ~= "string" or b:find("^tls:") then return true end
  end
  return false
end

-- What was made for a plugin, or for TLS, is no one's where another plugin, or an address without TLS, is written.
local function drop_strangers(value, made, written)
  if stands_alone("options", made, written) then
    for _, key in ipairs { "options", "policies" } do value[key] = written[key] end
  end
  if written.bind ~= nil and not begins_tls(written.bind) then
    for _, key in ipairs { "tls", "verify", "peers" } do value[key] = written[key] end
  end
end

local function lay_over(made, written)
  local value = over(made.value, written.value)
  for key in pairs(merged_keys) do
    if merges(key, made.value, written.value) and not stands_alone(key, made.value, written.value) then
      value[key] = over(made.value[key], written.value[key])
    end
  end
  drop_strangers(value, made.value, written.value)
  made.value, made.by = value, made.by .. ", " .. written.word
  made.at = join_places(made.at, written.at, written.value)
end

-- A part whose name goes on behind this one, or the nearest.
local function near_part(name, names)
  for _, known in ipairs(names) do
    if known:sub(1, #name + 1) == name .. "-" then return "did you mean `" .. known .. "`?" end
  end
  return near(name, names)
end

-- What can do without these is a word of its own; else its name was meant to be a made part's.
local needed = { pool = "servers", listener = "plugin" }

local function misnamed(c, note, made)
  local key, names = needed[note.word], {}
  if not key or note.by or type(note.value) ~= "table" then return false end
  if note.value[key] ~= nil or c:is_unknown(note.value) then return false end
  for _, other in pairs(made) do
    if other.word == note.word then names[#names + 1] = other.name end
  end
  table.sort(names)
  local hint = note.name and near_part(note.name, names)
  if hint then
    c:problem(note.at, "`" .. key .. "` is missing, and no library made a " .. note.word .. " of this name", hint)
  end
  return hint ~= nil
end

local function lay(c, under, note)
  if type(note.value) == "table" then return lay_over(under, note) end
  local what = note.value == nil and "has no table" or check.show(note.value) .. " is not a table"
  c:problem(note.at, what, string.format('write %s "%s" { ... }', note.word, note.name))
end

-- The notes without those that were laid over a made one.
return function(c, noted)
  local made, rest, seen = {}, {}, {}
  for _, note in ipairs(noted) do
    if note.by then made[note.word .. " " .. note.name] = note end
  end
  for _, note in ipairs(noted) do
    local id = not note.by and note.name and note.word .. " " .. note.name
    local under = id and made[id]
    if under and seen[id] then
      c:problem(note.at, "this name is taken, by line " .. seen[id], "names are unique among the words of a kind")
    elseif under and not c:is_unknown(note.value) then
      seen[id] = note.at.line
      lay(c, under, note)
    elseif not under and (note.by or not c:is_unmade(note.name)) and not misnamed(c, note, made) then
      rest[#rest + 1] = note
    end
  end
  return rest
end
