-- SPDX-License-Identifier: Apache-2.0
-- routes.lua: the option `routes` of the plugins that have it: a list of { FACT = "PATTERN", ..., pool = "NAME" }.  The
-- core follows it, from the top; what no row takes goes to the listener's own pool.

local check = use "check"
local near = use "near"

local MOST = 1024

-- A star stands at one of the ends.
local function pattern(c, v, at)
  v = check.types.string(c, v, {}, at)
  if not v then return nil end
  local _, stars = v:gsub("%*", "")
  if stars == 0 or stars == 1 and (v:sub(1, 1) == "*" or v:sub(-1) == "*") then return v end
  return c:problem(at, check.show(v) .. " has a star in the middle", 'write "NAME", "*.SUFFIX" or "PREFIX.*"')
end

local function condition(c, plugin, fact, v, at)
  if type(fact) ~= "string" then return check.unknown_key(c, fact, {}, at) end
  if not c.host.fact(plugin.handle, fact) then
    return c:problem(at:key(fact), string.format("plugin `%s` has no fact `%s`", plugin.name, fact),
      near(fact, c.join(c.join(plugin.facts, c.host.core_facts), { "pool" })))
  end
  local clean = pattern(c, v, at:key(fact))
  return clean and { fact = fact, pattern = clean }
end

-- One row as config_listener.c reads it.
function check.types.route(c, v, spec, at)
  local plugin = spec.plugin
  if type(v) ~= "table" then
    return c:problem(at, check.show(v) .. " is not a table", 'write { { FACT = "PATTERN", pool = "NAME" }, ... }')
  end
  local r, facts = { when = {} }, 0
  for _, key in ipairs(check.sorted(v)) do
    if c:is_unknown(v[key]) then
      facts = facts + 1
    elseif key == "pool" then
      r.pool = check.types.word(c, v.pool, { word = "pool" }, at:key("pool"))
    else
      facts = facts + 1
      r.when[#r.when + 1] = condition(c, plugin, key, v[key], at)
    end
  end
  if facts == 0 then
    c:problem(at, "names no fact, so it would take everything", "the listener's `pool` takes what is left")
  end
  if v.pool == nil then c:problem(at, "`pool` is missing", "where this goes") end
  return r.pool and facts == #r.when and facts > 0 and r or nil
end

-- The rows of a listener; { } for a plugin without such an option.
return function(c, plugin, values, at)
  local clean = {}
  for _, option in ipairs(plugin.options) do
    local v = option.type == "routes" and values[option.name]
    if v and type(v) ~= "table" or c:is_unknown(v) then
      if not c:is_unknown(v) then
        c:problem(at:key(option.name), check.show(v) .. " is not a list", 'write { { FACT = "PATTERN", pool = "NAME" }, ... }')
      end
    elseif v then
      local rows = check.types.list(c, v, { of = { type = "route", plugin = plugin }, max = MOST }, at:key(option.name))
      table.move(rows or {}, 1, #(rows or {}), #clean + 1, clean)
    end
  end
  return clean
end
