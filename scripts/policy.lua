-- SPDX-License-Identifier: Apache-2.0
-- policy.lua: finds the policies that a listener uses, checks the options that it gives them against what each policy
-- says of itself, and writes the checked options as Lua text, for the workers to read again.

local check = use "check"
local near = use "near"

-- "name" or { "name", option = value }; the rest waits for the listener's plugin.
function check.types.policy(c, v, _, at)
  local name = v
  if type(v) == "table" then name = v[1] end
  if type(name) ~= "string" then
    return c:problem(at, "has no policy's name", 'write "NAME" or { "NAME", OPTION = VALUE }')
  end
  return { name = name, values = type(v) == "table" and v or { v }, at = at }
end

-- A library name is looked for in the policy folders; "./x.lua" and "/x.lua" are files.
local function find_file(c, name, at)
  if name:find("^%.?%.?/") then return check.types.file(c, name, {}, at) end
  if not name:find("^[%w_/-]+$") then
    return c:problem(at, check.show(name) .. " is not a policy's name",
      'a file begins with "./": ' .. check.show("./" .. name))
  end
  local folders = c.join(c.policy_path, { c.host.policies })
  for _, folder in ipairs(folders) do
    local path = folder .. "/" .. name .. ".lua"
    if c.host.readable(path, "file") then return path end
  end
  return c:problem(at, "there is no policy " .. check.show(name),
    near(name, c.words.shipped_policies) or "looked for it in " .. table.concat(folders, ", "))
end

-- What the policy in a file says of itself: { plugins, reads, pools, options, edits (true: it has some) }.
local function describe(c, file, at)
  local known = c.policies[file]
  if not known then
    local reason
    known, reason = c.host.policy(file)
    known = known or { refused = reason }
    c.policies[file] = known
  end
  if not known.refused then return known end
  return c:problem(at, "the policy is not usable: " .. known.refused)
end

-- ---- Options ----

local kinds = {}

function kinds.string(c, v, option, at)
  if option.choices then return check.types.choice(c, v, option, at) end
  return check.types.string(c, v, {}, at)
end

kinds.boolean = check.types.boolean
kinds.duration = check.types.time

function kinds.number(c, v, option, at)
  if type(v) ~= "number" or v ~= v or math.abs(v) == math.huge then
    return c:problem(at, check.show(v) .. " is not a number", tonumber(v) and "leave the quotes out" or nil)
  end
  if option.min and v < option.min then return c:problem(at, string.format("%s is less than %g", v, option.min)) end
  if option.max and v > option.max then return c:problem(at, string.format("%s is more than %g", v, option.max)) end
  return v
end

-- A text for a header's line, or false.
local HEADER_MAX = 1024 -- as in script_state.h
function kinds.header(c, v, _, at)
  if v == false then return false end
  v = check.types.string(c, v, {}, at)
  if v and #v > HEADER_MAX then return c:problem(at, "has more than " .. HEADER_MAX .. " bytes") end
  return v
end

function kinds.pool(c, v, option, at)
  v = check.types.word(c, v, { word = "pool" }, at)
  option.routes[#option.routes + 1] = v
  return v
end

local function kind_of(c, v, kind, option, at)
  if c:is_unknown(v) then return nil end
  return kinds[kind](c, v, option, at)
end

local function check_network(c, text, at)
  local ok, meant = c.host.network(text)
  if ok then return end
  c:complain(at:key(text).line, string.format("%s: %s is not a network", at.label, check.show(text)),
    meant and "did you mean " .. check.show(meant) .. "?" or 'like "10.0.0.0/8", "2001:db8::/32" or an address')
end

local function each(c, v, option, at, key_type, what)
  if type(v) ~= "table" then return c:problem(at, check.show(v) .. " is not a " .. what) end
  local clean = {}
  for _, key in ipairs(check.sorted(v)) do
    if math.type(key) ~= key_type and type(key) ~= key_type then
      c:complain(at:key(key).line, string.format("%s: has the key %s but is a %s", at.label, check.show(key), what))
    else
      if option.networks then check_network(c, key, at) end
      clean[key] = kind_of(c, v[key], option.of, option, at:key(key))
    end
  end
  return clean
end

function kinds.list(c, v, option, at)
  if type(v) == "table" and #v == 0 and next(v) == nil then return {} end
  return each(c, v, option, at, "integer", "list")
end

function kinds.map(c, v, option, at)
  return each(c, v, option, at, "string", "table of names")
end

local function default_of(option)
  local chunk = option.def and load("return " .. option.def, "=default", "t", {})
  return chunk and chunk()
end

local function check_options(c, desc, values, at, routes)
  local clean, names = {}, {}
  for _, option in ipairs(desc.options) do
    names[#names + 1] = option.name
    option.routes = routes
    local v, given = values[option.name], true
    if v == nil then v, given = default_of(option), false end
    if v ~= nil then
      clean[option.name] = kind_of(c, v, option.type, option, given and at:key(option.name) or at)
    elseif option.required then
      c:problem(at, "the policy's option `" .. option.name .. "` is missing", option.help)
    end
    names[option.name] = true
  end
  for _, key in ipairs(check.sorted(values)) do
    if key ~= 1 and not names[key] then check.unknown_key(c, key, names, at) end
  end
  return clean
end

-- Lua text that reads back as the same value; nothing in it can be anything but a value.
local function as_text(v)
  if type(v) == "string" then return (string.format("%q", v):gsub("\\\n", "\\n")) end
  if type(v) ~= "table" then return string.format("%q", v) end
  local parts = {}
  for i, key in ipairs(check.sorted(v)) do parts[i] = "[" .. as_text(key) .. "] = " .. as_text(v[key]) end
  return "{ " .. table.concat(parts, ", ") .. " }"
end

-- ---- One use ----

-- The facts that it reads; nil: it is not usable.
local function check_facts(c, desc, file, options, plugin, at)
  local reads, reason = desc.reads, nil
  if desc.reads_by_options then reads, reason = c.host.reads(file, options) end
  if not reads then return c:problem(at, "the policy is not usable: " .. reason) end
  for _, fact in ipairs(reads) do
    if plugin.handle and not c.host.fact(plugin.handle, fact) then
      c:problem(at, string.format("the policy reads the fact `%s`, which plugin `%s` does not have", fact, plugin.name),
        near(fact, c.join(plugin.facts, c.host.core_facts)))
    end
  end
  return reads
end

local function is_for(desc, plugin)
  for _, name in ipairs(desc.plugins) do
    if name == plugin.name then return true end
  end
  return #desc.plugins == 0
end

-- The headers that the policy edits with these options, those that count and those that the plugin has sealed: nobody
-- may edit them.  Nil: it is not usable.
local function check_edits(c, desc, file, options, use, plugin)
  if not desc.edits then return {}, {} end
  local names, reason = c.host.edits(file, options)
  if not names then return c:problem(use.at, "the policy is not usable: " .. reason) end
  if names[1] and not plugin.sealed then
    return c:problem(use.at, string.format("the policy edits headers, which plugin `%s` cannot do", plugin.name))
  end
  local is_sealed, edits, sealed = {}, {}, {}
  for _, name in ipairs(plugin.sealed or {}) do is_sealed[name:lower()] = true end
  for _, name in ipairs(names) do
    if is_sealed[name] then
      sealed[#sealed + 1] = name
      c:warn(use.at, string.format(
        "policy %s edits %s: it is signed or holds the message together, so that edit is left aside",
        use.name, name))
    else
      edits[#edits + 1] = name
    end
  end
  return edits, sealed
end

-- Names without repetitions.
local function set(list)
  local clean, seen = {}, {}
  for _, name in ipairs(list) do
    if not seen[name] then clean[#clean + 1] = name end
    seen[name] = true
  end
  return clean
end

-- A policy as config.c reads it: { name, file, options (text), reads, pools, edits, sealed }.
return function(c, use, plugin)
  local file = find_file(c, use.name, use.at)
  local desc = file and describe(c, file, use.at)
  if not desc then return nil end
  if not is_for(desc, plugin) then
    return c:problem(use.at, string.format("this policy is for plugin `%s`, the listener speaks `%s`",
      table.concat(desc.plugins, "` or `"), plugin.name))
  end
  local routes = {}
  for _, pool in ipairs(desc.pools) do
    routes[#routes + 1] = check.types.word(c, pool, { word = "pool" }, use.at)
  end
  local before = #c.problems
  local options = as_text(check_options(c, desc, use.values, use.at, routes))
  local reads, edits, sealed
  if #c.problems == before then
    reads = check_facts(c, desc, file, options, plugin, use.at)
    edits, sealed = check_edits(c, desc, file, options, use, plugin)
  end
  return { name = use.name, file = file, options = options, reads = reads or {}, pools = set(routes),
    edits = edits or {},
    sealed = sealed or {} }
end
