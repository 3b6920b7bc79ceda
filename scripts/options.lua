-- SPDX-License-Identifier: Apache-2.0
-- options.lua: the words that a plugin adds, in a listener's `options` and in a pool's `monitor`.  The plugin's own
-- table says what they are; the core reads each value by it, the same way as it will be read for good.

local check = use "check"
local near = use "near"

local options = {}

local function find(list, name)
  for _, option in ipairs(list) do
    if option.name == name then return option end
  end
end

local function names(list)
  local all = {}
  for i, option in ipairs(list) do all[i] = option.name end
  return all
end

-- As text for the core; nil if a value of this type is not written so.
local function as_text(value, kind)
  if kind == "bool" then return type(value) == "boolean" and tostring(value) or nil end
  if kind == "nets" and type(value) == "table" then
    for _, net in ipairs(value) do
      if type(net) ~= "string" then return nil end
    end
    return table.concat(value, ", ")
  end
  if type(value) == "number" then return tostring(math.tointeger(value) or value) end
  return type(value) == "string" and value or nil
end

-- A shipped plugin that has the option: who writes it has the wrong plugin, and no slip in the name.
function options.elsewhere(c, which, key)
  for _, name in ipairs(c.words.shipped_plugins) do
    local other = c.host.plugin(name, { c.host.plugins })
    if other and find(other[which], key) then
      local what = which == "options" and "`%s` is an option of plugin `%s`" or "`%s` is for a monitor with plugin `%s`"
      return string.format(what, key, name)
    end
  end
end

-- One option: { name, text }.  `which` is "options" or "probe_options"; `others` are names that were possible too.
function options.one(c, plugin, which, key, value, at, others)
  local option = find(plugin[which], key)
  if c:is_unknown(value) then return nil end
  if not option then
    return check.unknown_key(c, key, c.join(names(plugin[which]), others or {}), at, options.elsewhere(c, which, key))
  end
  if option.type == "routes" then return nil end -- routes.lua
  local text = as_text(value, option.type)
  if not text then
    local want = option.type == "bool" and "true or false" or "a string or number"
    return c:problem(at:key(key), check.show(value) .. " is not " .. want)
  end
  local ok, reason = c.host.option(plugin.handle, which == "probe_options", key, text)
  if ok then return { name = key, text = text } end
  return c:problem(at:key(key), reason, near(value, option.choices or {}) or option.help)
end

function options.all(c, plugin, which, values, at)
  local list = {}
  for _, key in ipairs(check.sorted(values)) do
    list[#list + 1] = options.one(c, plugin, which, key, values[key], at)
  end
  return list
end

-- A listener's options wait for its plugin.
function check.types.options(c, v, _, at)
  if type(v) == "table" then return v end
  return c:problem(at, check.show(v) .. " is not a table", "write { ... }")
end

return options
