-- SPDX-License-Identifier: Apache-2.0
-- check.lua: checks a value against a line of words.lua.  check.types has a function for each `type`: it gives the
-- clean value (times in ms, sizes in bytes, paths absolute), or nil after a problem was told.

local near = use "near"
local units = use "units"

local check = { types = {} }
local types = check.types

-- A value as a message shows it.
function check.show(v)
  if type(v) == "string" then
    return '"' .. (#v > 60 and v:sub(1, 60) .. "..." or v):gsub("%c", "?") .. '"'
  end
  if type(v) == "number" or type(v) == "boolean" then return tostring(v) end
  return "a " .. type(v)
end
local show = check.show

-- The checks of one value, after those that all values have.
function check.value(c, v, spec, at)
  if c:is_unknown(v) then return nil end
  return types[spec.type](c, v, spec, at)
end

function types.boolean(c, v, _, at)
  if type(v) == "boolean" then return v end
  return c:problem(at, show(v) .. " is neither true nor false", type(v) == "string" and "leave the quotes out" or nil)
end

function types.string(c, v, _, at)
  if type(v) ~= "string" then
    return c:problem(at, show(v) .. " is not a string", type(v) == "number" and 'write "' .. v .. '"' or nil)
  end
  if v == "" or v:find("%c") then return c:problem(at, show(v) .. " is empty or has control characters") end
  return v
end

-- Names stand in commands, logs and file formats, so they are plain.
function types.name(c, v, spec, at)
  v = types.string(c, v, spec, at)
  if v and not v:find("^[%w._:%[%]@-]+$") then
    return c:problem(at, show(v) .. " is not a name", "letters, digits and . _ - : @ are possible")
  end
  return v
end

-- min and max as written, for messages; `read` makes numbers of them.
local function in_range(c, n, v, spec, at, read)
  local min, max = spec.min and read(spec.min), spec.max and read(spec.max)
  if (not min or n >= min) and (not max or n <= max) then return n end
  return c:problem(at, string.format("%s is not in the range from %s to %s", show(v), spec.min, spec.max))
end

function types.integer(c, v, spec, at)
  local n = type(v) == "number" and math.tointeger(v)
  if not n then
    local quoted = type(v) == "string" and tonumber(v)
    return c:problem(at, show(v) .. " is not a whole number", quoted and "leave the quotes out" or nil)
  end
  return in_range(c, n, v, spec, at, math.tointeger)
end

function types.time(c, v, spec, at)
  local n = units.time(v)
  if n then return in_range(c, n, v, spec, at, units.time) end
  local hint = "a time is a whole number with ms, s, m or h: \"30s\""
  local digits = type(v) == "number" and math.tointeger(v) or type(v) == "string" and v:match("^%d+$")
  if digits then hint = ('a time has a unit: "Nms", "Ns", "Nm" or "Nh"'):gsub("N", digits) end
  return c:problem(at, show(v) .. " is not a time", hint)
end

function types.size(c, v, spec, at)
  local n = units.size(v)
  if n then return in_range(c, n, v, spec, at, units.size) end
  return c:problem(at, show(v) .. " is not a size", 'a size is a whole number of bytes, or with k or M: "64k"')
end

function types.choice(c, v, spec, at)
  for _, choice in ipairs(spec.choices) do
    if v == choice then return v end
  end
  for _, choice in ipairs(spec.later or {}) do
    if v == choice then return c:problem(at, show(v) .. " is not available in this version") end
  end
  local list = '"' .. table.concat(spec.choices, '", "') .. '"'
  return c:problem(at, show(v) .. " is not one of " .. list, spec.hint or near(v, spec.choices))
end

local function absolute(c, path)
  return path:sub(1, 1) == "/" and path or c.host.folder .. "/" .. path
end

local function readable(kind)
  return function(c, v, spec, at)
    v = types.string(c, v, spec, at)
    if not v then return nil end
    local path = absolute(c, v)
    local ok, reason = c.host.readable(path, kind)
    if ok then return path end
    local hint = reason == "Permission denied" and "let the user who starts the gateway read it, and its folders"
      or spec.make and spec.make:gsub("FILE", (path:gsub("%%", "%%%%")))
      or path ~= v and "paths are relative to the configuration file" or nil
    return c:problem(at, "cannot read " .. path .. ": " .. reason, hint)
  end
end
types.file = readable("file")
types.folder = readable("folder")

-- What the gateway makes when it starts, a "file" or a "socket": the absolute path.  A folder in /run may be there only
-- while a service runs, so without it a check can only warn.
function check.written(c, v, kind, at)
  local path = absolute(c, v)
  local ok, reason, folder = c.host.written(path, kind)
  if ok then return path end
  local tell = folder and path:find("^/run/") and c.warn or c.problem
  local hint = folder and "make the folder, for the user that the gateway runs as: mkdir -p " .. folder
  tell(c, at, "cannot write " .. path .. ": " .. reason, hint or "remove it, or name another")
  return path
end

-- "192.0.2.0/24" or "2001:db8::/32"; without bits the address alone: { address, bits }.
function types.network(c, v, spec, at)
  v = types.string(c, v, spec, at)
  if not v then return nil end
  local host, bits = v:match("^([%x.:]+)/(%d+)$")
  local numeric, v6 = c.host.address(host or v)
  local most = v6 and 128 or 32
  bits = not host and most or #bits <= 3 and math.tointeger(tonumber(bits))
  if numeric and bits and bits <= most then return { address = numeric, bits = bits } end
  return c:problem(at, show(v) .. " is not a network", 'like "192.0.2.0/24" or "2001:db8::/32"')
end

-- The name of a declared word.
function types.word(c, v, spec, at)
  if type(v) ~= "string" then return types.string(c, v, spec, at) end
  if c:is_declared(spec.word, v) then return v end
  if c:is_unmade(v) then return nil end
  local file = spec.word == "tls" and v:find("%.%w+$")
  return c:problem(at, "there is no " .. spec.word .. " " .. show(v), near(v, c.names[spec.word]) or
    file and 'files stand in a table, or in a `tls` word: { certificate = "FILE", key = "FILE" }')
end

local function length(c, list, spec, at)
  if #list < (spec.min or 0) then return c:problem(at, "is empty") end
  if spec.max and #list > spec.max then return c:problem(at, "has more than " .. spec.max .. " members") end
  return list
end

-- A list, or its only member.  Members that are wrong are left out.
function types.list(c, v, spec, at)
  if type(v) ~= "table" then
    local one = check.value(c, v, spec.of, at)
    return one ~= nil and { one } or nil
  end
  local clean, n = {}, #v
  for key in pairs(v) do
    if math.type(key) ~= "integer" or key < 1 or key > n then
      c:complain(at:key(key).line, at.label .. ": has the key " .. show(key) .. " but is a list")
    end
  end
  if not length(c, v, spec, at) then return nil end
  for i = 1, n do
    clean[#clean + 1] = check.value(c, v[i], spec.of, at:key(i))
  end
  return clean
end

local function spec_of(keys, key)
  for _, spec in ipairs(keys) do
    if spec.key == key then return spec end
  end
end

-- The names in `keys`, for hints.
function check.names(keys)
  local list = {}
  for _, spec in ipairs(keys) do list[#list + 1] = not spec.later and spec.key or nil end
  return list
end

-- A word that has the key: it stands in the wrong table.
local function elsewhere(c, key)
  for _, word in ipairs(c.words) do
    if spec_of(word.keys, key) then return "`" .. key .. "` is a key of `" .. word.word .. "`" end
  end
end

-- `hint`: better than the nearest of `names`, or nil.
function check.unknown_key(c, key, names, at, hint)
  local line = at:key(key).line
  at = at.owner and at:owner(key) or at
  if type(key) ~= "string" then return c:complain(line, at.label .. ": a value without a key", "write KEY = VALUE") end
  return c:complain(line, at.label .. ": unknown key `" .. key .. "`", hint or elsewhere(c, key) or near(key, names))
end

-- The keys of a table in an order that does not change from run to run.
function check.sorted(v)
  local list = {}
  for key in pairs(v) do list[#list + 1] = key end
  table.sort(list, function(a, b)
    if type(a) ~= type(b) then return type(a) < type(b) end
    return (type(a) == "string" or type(a) == "number") and a < b
  end)
  return list
end

-- A key that the table at `at` has twice, if there is one.
function check.twice(c, at)
  local twice = at.place and at.place.twice
  if not twice then return end
  local text = string.format("`%s` is there twice, first on line %d", twice.key, twice.first)
  c:warn({ line = twice.line, label = at.label }, text, "the last one counts; leave the other one out")
end

-- A table by its `keys`, with defaults filled in; values that are wrong are left out.  `others` takes the keys that
-- are not in `keys`.
function check.keys(c, v, keys, at, others)
  local clean = {}
  check.twice(c, at)
  for _, key in ipairs(check.sorted(v)) do
    local spec = spec_of(keys, key)
    if not spec then
      others(key, v[key])
    elseif spec.later then
      c:problem(at:key(key), "is not available in this version")
    end
  end
  for _, spec in ipairs(keys) do
    local value = v[spec.key]
    if value == nil then value = spec.default end
    if value ~= nil and not spec.later then
      clean[spec.key] = check.value(c, value, spec, at:key(spec.key))
    elseif spec.required then
      c:problem(at, (spec.key == 1 and "its first value" or "`" .. spec.key .. "`") .. " is missing", spec.help)
    end
  end
  return clean
end

function types.table(c, v, spec, at)
  if v == false and spec.off then return false end
  if type(v) ~= "table" then
    return c:problem(at, show(v) .. " is not a table", spec.off and "write { ... } or false" or "write { ... }")
  end
  return check.keys(c, v, spec.keys, at, function(key)
    check.unknown_key(c, key, check.names(spec.keys), at)
  end)
end

return check
