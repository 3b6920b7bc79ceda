-- SPDX-License-Identifier: Apache-2.0
-- trial.lua: checks one policy and its options as a listener would use it, without a listener: for lychgate --policy
-- and --policy-test.  Every pool that is named is there; without a plugin, so is every fact.

local context = use "context"
local policy = use "policy"
local words = use "words"

local function place(label)
  return { line = 0, label = label, key = function(_, key) return place(key == 1 and label or tostring(key)) end }
end

-- "name=value": a value that is Lua's own (5, true, { "a" }, "quoted") is that, any other a text.
local function from_pairs(c, list)
  local options = {}
  for _, pair in ipairs(list) do
    local name, text = pair:match("^([%w_]+)=(.*)$")
    if not name then
      c:complain(0, "the option " .. pair .. " is not NAME=VALUE")
    else
      local chunk = load("return " .. text, "=option", "t", {})
      local ok, value = pcall(chunk or error)
      if ok and value ~= nil then options[name] = value else options[name] = text end
    end
  end
  return options
end

local function plugin_of(c, trial)
  local file = trial.policy:find("^/") and trial.policy or c.host.policies .. "/" .. trial.policy .. ".lua"
  local described = c.host.readable(file, "file") and c.host.policy(file)
  local name = trial.plugin or described and described.plugins[1]
  if not name then return { name = "any", sealed = {}, facts = {} } end
  return c:plugin(name, place("plugin"))
end

return function(host)
  local c, trial = context.new(host, words), host.trial
  local any = setmetatable({}, { __index = function() return {} end })
  c.plugin_path, c.policy_path = { trial.plugin_path }, {}
  c.names = { pool = any, tls = {}, listener = {} }
  local values = trial.options and load("return " .. trial.options, "=options", "t", {})() or from_pairs(c, trial.pairs)
  values[1] = trial.policy
  local plugin = #c.problems == 0 and plugin_of(c, trial)
  local clean = plugin and policy(c, { name = trial.policy, values = values, at = place("policy") }, plugin)
  return { policy = clean or nil, plugin = plugin and plugin.handle and plugin.name or nil }, c:sorted_problems()
end
