-- SPDX-License-Identifier: Apache-2.0
-- context.lua: what all checks share: the problems found so far, the names that are declared, and the plugins and
-- policies that were asked for.

local near = use "near"

local context = {}
context.__index = context

-- What stands for an unknown word wherever its value ends up: the word is reported once, its value never.
local unknown = {}
unknown.__index = function() return setmetatable({}, unknown) end
unknown.__call = unknown.__index
unknown.__newindex = function() end

function context.new(host, words)
  return setmetatable({ host = host, words = words, problems = {}, warnings = {}, names = {}, plugins = {},
    policies = {}, unmade = {} }, context)
end

function context:unknown()
  return setmetatable({}, unknown)
end

function context:is_unknown(value)
  return getmetatable(value) == unknown
end

-- Whether a library would have made what is called so, but for mistakes that were told: `unmade` has how such names
-- begin.
function context:is_unmade(name)
  for _, start in ipairs(self.unmade) do
    if type(name) == "string" and name:sub(1, #start) == start then return true end
  end
  return false
end

-- Something is wrong at a place, or on a line; both give nil, so that a check can end with them.
function context:problem(at, text, hint)
  return self:complain(at.line, at.label .. ": " .. text, hint)
end

function context:complain(line, text, hint)
  local list = self.problems
  for _, p in ipairs(list) do
    if p.line == line and p.text == text then return nil end
  end
  list[#list + 1] = { line = line, text = text, hint = hint, order = #list }
  return nil
end

-- Something at a place can be used, but will give trouble.
function context:warn(at, text, hint)
  self.warnings[#self.warnings + 1] = { line = at.line, text = at.label .. ": " .. text, hint = hint, warning = true }
end

function context:sorted_problems()
  table.sort(self.problems, function(a, b)
    if a.line ~= b.line then return a.line < b.line end
    return a.order < b.order
  end)
  return context.join(self.problems, self.warnings)
end

-- The declared names of a word ("tls", "pool", "listener") in order, and each with what it came to.
function context:declare(word, name, at)
  local list = self.names[word]
  if list[name] then
    local text = "this name is taken, by line " .. list[name].line
    return self:problem(at, text, "names are unique among the words of a kind")
  end
  list[name] = { line = at.line }
  list[#list + 1] = name
end

function context:is_declared(word, name)
  return self.names[word][name] ~= nil
end

-- What the check of a declared word came to; nil: it has problems of its own.
function context:clean(word, name)
  return self.names[word][name] and self.names[word][name].clean
end

-- Both lists in a new one.
function context.join(a, b)
  return table.move(b, 1, #b, #a + 1, table.move(a, 1, #a, 1, {}))
end

-- The plugin called `name`, loaded; nil and a problem if it cannot be.
function context:plugin(name, at)
  local known = self.plugins[name]
  if known == nil then
    local reason
    known, reason = self.host.plugin(name, context.join(self.plugin_path or {}, { self.host.plugins }))
    known = known or { refused = reason }
    self.plugins[name] = known
  end
  if not known.refused then return known end
  return self:problem(at, "plugin `" .. name .. "`: " .. known.refused, near(name, self.words.shipped_plugins))
end

return context
