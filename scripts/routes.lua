-- SPDX-License-Identifier: Apache-2.0
-- routes.lua: the option `routes` of the plugins that have it: a list of { FACT = "PATTERN", ..., pool = "NAME" }.  The
-- core follows it, from the top; what no row takes goes to the listener's own pool.  A row that an earlier one would
-- hide, since that takes all that it takes, goes before it: so exact names come before stars, long paths before short
-- ones, and the row without a fact, the default, last.

local check = use "check"
local near = use "near"

local MOST = 1024

-- What gateway/routes.c makes of a pattern: how, and the text that has to be there; in lower case, for letters match in
-- either.
local function kind_of(pattern)
  local p = pattern:lower()
  if p:sub(1, 1) == "*" then return "suffix", p:sub(2) end
  if p:sub(-1) == "*" then return "prefix", p:sub(1, -2) end
  if p:sub(1, 1) == "/" and p:sub(-1) == "/" then return "prefix", p end
  return "exact", p
end

-- Does pattern `a` take whatever `b` takes?
local function covers(a, b)
  local how, text = kind_of(a)
  local how_b, text_b = kind_of(b)
  if text == "" and how ~= "exact" then return true end
  if how == "prefix" then return how_b ~= "suffix" and text_b:sub(1, #text) == text end
  if how == "suffix" then return how_b ~= "prefix" and #text_b >= #text and text_b:sub(#text_b - #text + 1) == text end
  return how_b == "exact" and text_b == text
end

-- Does row `a` take whatever `b` takes?
local function hides(a, b)
  for _, w in ipairs(a.when) do
    local other = b._patterns[w.fact]
    if not other or not covers(w.pattern, other) then return false end
  end
  return true
end

-- What a fact can never be, whatever plugin has it.
local function check_possible(c, fact, v, at)
  if fact == "path" and (not v:find("^[/*]") or v:find("[?#]")) then
    return c:problem(at, check.show(v) .. " is no path", 'a path begins with "/" and has no query: "/meet/"')
  end
  if fact == "host" and (v:find("/", 1, true) or v:find("[^:]:%d+$")) then
    return c:problem(at, check.show(v) .. " is no host", 'write the name alone, without a port: "meet.example"')
  end
  return v
end

-- A star stands at one of the ends.
local function pattern(c, fact, v, at)
  v = check.types.string(c, v, {}, at)
  if not v then return nil end
  local _, stars = v:gsub("%*", "")
  if stars == 0 or stars == 1 and (v:sub(1, 1) == "*" or v:sub(-1) == "*") then
    return check_possible(c, fact, v, at)
  end
  return c:problem(at, check.show(v) .. " has a star in the middle", 'write "NAME", "*.SUFFIX" or "PREFIX.*"')
end

local function condition(c, plugin, fact, v, at)
  if type(fact) ~= "string" then return check.unknown_key(c, fact, {}, at) end
  if not c.host.fact(plugin.handle, fact) then
    return c:problem(at:key(fact), string.format("plugin `%s` has no fact `%s`", plugin.name, fact),
      near(fact, c.join(c.join(plugin.facts, c.host.core_facts), { "pool" })))
  end
  local clean = pattern(c, fact, v, at:key(fact))
  return clean and { fact = fact, pattern = clean }
end

-- One row as config_listener.c reads it.
function check.types.route(c, v, spec, at)
  local plugin = spec.plugin
  if type(v) ~= "table" then
    return c:problem(at, check.show(v) .. " is not a table", 'write { { FACT = "PATTERN", pool = "NAME" }, ... }')
  end
  local r, facts = { when = {}, _patterns = {}, _at = at }, 0
  for _, key in ipairs(check.sorted(v)) do
    if c:is_unknown(v[key]) then
      facts = facts + 1
    elseif key == "pool" then
      r.pool = check.types.word(c, v.pool, { word = "pool" }, at:key("pool"))
    else
      facts = facts + 1
      local w = condition(c, plugin, key, v[key], at)
      r.when[#r.when + 1] = w
      if w then r._patterns[w.fact] = w.pattern end
    end
  end
  if v.pool == nil then c:problem(at, "`pool` is missing", "where this goes") end
  return r.pool and facts == #r.when and r or nil
end

-- Puts a row before the first one that would hide it.
local function insert(c, rows, r)
  for i, other in ipairs(rows) do
    if hides(other, r) then
      if hides(r, other) then
        local what = #r.when == 0 and "names no fact, so it takes everything, as the one on line %d does"
          or "takes the same as the one on line %d"
        return c:problem(r._at, string.format(what, other._at.line), "leave one of them out")
      end
      return table.insert(rows, i, r)
    end
  end
  rows[#rows + 1] = r
end

-- The rows of a listener in the order in which they are asked; { } for a plugin without such an option.
return function(c, plugin, values, at)
  local clean = {}
  for _, option in ipairs(plugin.options) do
    local v = option.type == "routes" and values[option.name]
    if v and type(v) ~= "table" or c:is_unknown(v) then
      if not c:is_unknown(v) then
        c:problem(at:key(option.name), check.show(v) .. " is not a list",
          'write { { FACT = "PATTERN", pool = "NAME" }, ... }')
      end
    elseif v then
      local rows = check.types.list(c, v, { of = { type = "route", plugin = plugin }, max = MOST }, at:key(option.name))
      for _, r in ipairs(rows or {}) do insert(c, clean, r) end
    end
  end
  return clean
end
