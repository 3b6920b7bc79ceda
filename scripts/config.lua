-- SPDX-License-Identifier: Apache-2.0
-- config.lua: reads a configuration: runs its text (run.lua), checks each word (words.lua, check.lua and one file a
-- word), and gives clean tables and the list of all problems and warnings.  What it has to ask of the system is in
-- `host`, from script_config.c.
--
-- In the clean tables defaults are filled in, times are milliseconds, sizes bytes, paths and addresses absolute; keys
-- that begin with "_" are of no one's interest after this.

local check = use "check"
local context = use "context"
local override = use "override"
local run = use "run"
local words = use "words"

local pool = use "pool"

local builders = { tls = use "tls", pool = pool.build, listener = use "listener" }

local function word_of(name)
  for _, w in ipairs(words) do
    if w.word == name then return w end
  end
end

-- Names first, so that words may refer to each other in any order.
local function declare(c, noted)
  for word in pairs(builders) do c.names[word] = {} end
  for _, note in ipairs(noted) do
    if note.name and check.types.name(c, note.name, {}, note.at) then c:declare(note.word, note.name, note.at) end
    if note.value == nil and not note.extra then
      local name = note.name and ' "' .. note.name .. '"' or ""
      c:problem(note.at, "has no table", "write " .. note.word .. name .. " { ... }")
    end
  end
end

local function gateway(c, noted)
  local first, value, at = nil, {}, { line = 0, label = "gateway", key = function(self) return self end }
  for _, note in ipairs(noted) do
    if note.word == "gateway" and first then
      c:problem(note.at, "is there twice, first on line " .. first.line)
    elseif note.word == "gateway" then
      first = note.at
      value, at = note.value, note.at
    end
  end
  local g = value ~= nil and check.value(c, value, { type = "table", keys = word_of("gateway").keys }, at) or {}
  g.workers = g.workers or math.min(c.host.cores, 64)
  g.control = g.control and check.written(c, g.control, "socket", at:key("control")) or c.host.control
  if #g.control > 107 then c:problem(at:key("control"), "the path of a socket has at most 107 bytes") end
  g.lines = { secret = at:key("secret").line, user = at:key("user").line }
  c.plugin_path, c.policy_path = g.plugin_path or {}, g.policy_path or {}
  return g
end

-- All words of one kind, in the order of the file.
local function build(c, noted, word)
  local list = {}
  for _, note in ipairs(noted) do
    if note.word == word and note.value ~= nil and not c:is_unknown(note.value) then
      local before = #c.problems
      local clean = builders[word](c, note.name, note.value, word_of(word).keys, note.at)
      if clean and c.names[word][note.name] then
        c.names[word][note.name].clean = clean
        clean.bad = #c.problems > before
        clean._by = note.by or word
        list[#list + 1] = clean
      end
    end
  end
  return list
end

return function(host)
  local c = context.new(host, words)
  local noted, models = run(c)
  noted = override(c, noted)
  c.binds, c.taken = {}, {}
  declare(c, noted)
  local clean = { gateway = gateway(c, noted), _models = models }
  for _, word in ipairs { "tls", "pool", "listener" } do
    clean[word] = build(c, noted, word)
    if word == "pool" then pool.link(c, clean.pool) end
  end
  if #c.names.listener == 0 and #c.problems == 0 then
    c:complain(0, "there is no listener", 'write listener "NAME" { plugin = ..., bind = ..., pool = ... }')
  end
  for _, model in pairs(models) do
    if model.check and #c.problems == 0 then model.check(clean) end
  end
  return clean, c:sorted_problems()
end
