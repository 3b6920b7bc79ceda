-- SPDX-License-Identifier: Apache-2.0
-- run.lua: runs the text of a configuration in a closed environment.  All that it can see is the words; each call of
-- one is noted with its place and checked later.

local lines = use "lines"
local near = use "near"

local instructions = 20 * 1000 * 1000
local chunk_name = "=config"

-- The line of the configuration that is being run.
local function current_line()
  for level = 2, 12 do
    local info = debug.getinfo(level, "Sl")
    if not info then return 0 end
    if info.source == chunk_name then return math.max(info.currentline, 0) end
  end
  return 0
end

-- word { ... }
local function plain(word, noted, place)
  return function(value, more)
    local at = place(word, nil, current_line())
    noted[#noted + 1] = { word = word, value = value, at = at, extra = more }
  end
end

-- word "name" { ... }
local function named(word, noted, place, c)
  return function(name)
    local line = current_line()
    local at = place(word, type(name) == "string" and name or nil, line)
    if c:is_unknown(name) then return c:unknown() end
    if type(name) ~= "string" then
      c:problem(at, "has no name", string.format("write %s \"NAME\" { ... }", word))
      return c:unknown()
    end
    local note = { word = word, name = name, at = at }
    noted[#noted + 1] = note
    return function(value)
      note.value = value
    end
  end
end

local function environment(c, noted, place)
  local calls, names = {}, {}
  for i, w in ipairs(c.words) do
    names[i] = w.word
    calls[w.word] = w.named and named(w.word, noted, place, c) or plain(w.word, noted, place)
  end
  return setmetatable({}, {
    __index = function(_, name)
      if calls[name] then return calls[name] end
      c:complain(current_line(), "unknown word `" .. tostring(name) .. "`", near(name, names) or
        "the words are " .. table.concat(names, ", "))
      return c:unknown()
    end,
    __newindex = function(_, name)
      name = tostring(name)
      c:complain(current_line(), "`" .. name .. "` is assigned to, but a configuration has no variables of its own",
        near(name, names) or "for a value that is used twice write: local " .. name .. " = ...")
    end,
  })
end

-- Lua's own message without the place, and the place.
local function lua_problem(c, message)
  message = tostring(message)
  local line, text = message:match("^config:(%d+): (.*)$")
  c:complain(math.tointeger(tonumber(line or 0)), text or message)
end

-- What the chunk can reach of strings is their methods: some of those have no bounds, so there are none while it
-- runs.
local function run_closed(chunk)
  local strings = getmetatable("")
  local methods = strings.__index
  strings.__index = nil
  debug.sethook(function() error("this runs for too long: a configuration is data", 2) end, "", instructions)
  local ok, message = pcall(chunk)
  debug.sethook()
  strings.__index = methods
  return ok, message
end

-- The calls that the text makes, in order: { word, name, value, at }.
return function(c)
  local noted = {}
  local env = environment(c, noted, lines(c.host.text))
  local chunk, message = load(c.host.text, chunk_name, "t", env)
  if not chunk then
    lua_problem(c, message)
    return noted
  end
  local ok, failed = run_closed(chunk)
  if not ok then lua_problem(c, failed) end
  return noted
end
