-- SPDX-License-Identifier: Apache-2.0
-- run.lua: runs the text of a configuration in a closed environment.  All that it can see is the words; each call of
-- one is noted with its place and checked later.  `include` adds the words of a library.
--
-- A library is a script that gives function(c, note, here): its words as a table of names, which the text sees from
-- then on, and a function that is called when the text has run.  note(n) adds a note, with `by`: which word made it;
-- here(word, label) is the place of the call that is being run.  What the function gives is the library's own model,
-- for the tools that know it; its check(clean), if it has one, looks at the clean tables of a good configuration.

local check = use "check"
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

-- include "NAME"
local function include(c, noted, place, calls, finish)
  local function note(n) noted[#noted + 1] = n end
  local function here(word, label)
    local at = place(word, nil, current_line())
    at.label = label
    return at
  end
  return function(name)
    if c:is_unknown(name) or name ~= nil and finish[name] then return end
    if type(name) ~= "string" then name = check.show(name) end
    for _, known in ipairs(c.words.libraries) do
      if known == name then
        local words, done = use(name)(c, note, here)
        for word, value in pairs(words) do calls[word] = value end
        finish[name] = done
        return
      end
    end
    local libraries = c.words.libraries
    c:complain(current_line(), "there is no library `" .. tostring(name) .. "`", near(name, libraries) or
      "the libraries are " .. table.concat(libraries, ", "))
  end
end

local function hint_for(c, name, names)
  for _, library in ipairs(c.words.libraries) do
    if library == name then return 'write include "' .. name .. '" on a line before' end
  end
  return near(name, names) or "the words are " .. table.concat(names, ", ")
    .. '; a text stands in quotes: "' .. name .. '"'
end

local function environment(c, noted, place, finish)
  local calls, names = {}, {}
  for i, w in ipairs(c.words) do
    names[i] = w.word
    calls[w.word] = w.named and named(w.word, noted, place, c) or plain(w.word, noted, place)
  end
  names[#names + 1] = "include"
  calls.include = include(c, noted, place, calls, finish)
  return setmetatable({}, {
    __index = function(_, name)
      if calls[name] then return calls[name] end
      c:complain(current_line(), "unknown word `" .. tostring(name) .. "`", hint_for(c, name, names))
      return c:unknown()
    end,
    __newindex = function(_, name)
      name = tostring(name)
      c:complain(current_line(), "`" .. name .. "` is assigned to, but a configuration has no variables of its own",
        near(name, names) or "for a value that is used twice write: local " .. name .. " = ...")
    end,
  })
end

-- What is mostly meant where Lua cannot read on: its message, and the hint.
local slips = {
  { "^malformed number", "texts, times and addresses stand in quotes: \"30s\", \"192.0.2.1\"" },
  { "^'}' expected.* near '='$", "a comma may be missing before it; a name with dots stands in brackets and quotes: " ..
    "[\"fe01.corp.example\"] = ..." },
  { "^'}' expected", "a comma may be missing before it, or a bracket behind it" },
  { "near '='$", "there is no `=` between a name and its table: pool \"NAME\" { ... }" },
  { "near '%['$", "lists are written in braces: { \"first\", \"second\" }" },
  { "^unfinished string", "a text ends on its line, with the quote that it began with" },
  { "near '<\\25[45]>'$", "the file is UTF-16: save it as UTF-8" },
  { "near '<\\226>'$", "texts stand in plain quotes, \"...\": a word processor has changed them, or a dash" },
  { "^invalid escape sequence", "write the \\ of a path as /" },
  { "^syntax error near '%d", "a text stands in quotes, a table in braces: \"2019\"" },
  { "^syntax error near '[%a_]", "a name stands in quotes: pool \"NAME\" { ... }" },
}

-- Lua's own message without the place, and the place.
local function lua_problem(c, message)
  message = tostring(message)
  local line, text = message:match("^config:(%d+): (.*)$")
  local hint
  for _, slip in ipairs(slips) do
    hint = hint or (text or message):find(slip[1]) and slip[2]
  end
  c:complain(math.tointeger(tonumber(line or 0)), text or message, hint)
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

-- The calls that the text makes, in order: { word, name, value, at, by }, then those that libraries make of theirs; and
-- the libraries' models by name.
return function(c)
  local noted, finish, models = {}, {}, {}
  local env = environment(c, noted, lines(c.host.text), finish)
  local text = c.host.text:gsub("^\xEF\xBB\xBF", "") -- a byte order mark, as Windows' editors write it
  local chunk, message = load(text, chunk_name, "t", env)
  if not chunk then
    lua_problem(c, message)
    return noted, models
  end
  local ok, failed = run_closed(chunk)
  if not ok then lua_problem(c, failed) end
  for _, name in ipairs(c.words.libraries) do models[name] = finish[name] and finish[name]() end
  return noted, models
end
