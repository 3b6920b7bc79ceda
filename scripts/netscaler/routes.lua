-- SPDX-License-Identifier: Apache-2.0
-- routes.lua: the `routes` of a content switching virtual server, of its policies in the order of their priorities;
-- where one of them asks for more than rows can say, one policy in Lua that holds them all, for their order counts.

local expressions = use "netscaler/expressions"
local model = use "netscaler/model"

local routes = {}

local MOST_ROWS = 1024 -- that a listener takes

-- ---- Rows ----

local function kind_of(pattern)
  if pattern:sub(1, 1) == "*" then return "suffix", pattern:sub(2):lower() end
  if pattern:sub(-1) == "*" then return "prefix", pattern:sub(1, -2):lower() end
  return "exact", pattern:lower()
end

-- Does pattern `a` take whatever `b` takes?
local function covers(a, b)
  local how, text = kind_of(a)
  local how_b, text_b = kind_of(b)
  if how == "prefix" then return how_b ~= "suffix" and text_b:sub(1, #text) == text end
  if how == "suffix" then return how_b ~= "prefix" and text_b:sub(-#text) == text end
  return how_b == "exact" and text == text_b
end

local function hides(a, b)
  for fact, pattern in pairs(a) do
    if not b[fact] or not covers(pattern, b[fact]) then return false end
  end
  return true
end

-- An old policy by URL or domain, as one row.
local function old_row(policy)
  local url, domain = policy:get("url"), policy:get("domain")
  if url and (url:find("*", 1, true) or #url) ~= #url then return nil, "-url " .. url .. ": a star in the middle" end
  if url and url:sub(1, 1) ~= "/" then return nil, "-url " .. url .. ": not a path" end
  if url and url:sub(-1) == "/" then return nil, "-url " .. url .. ": a folder and nothing below it" end
  if not url and not domain then return nil, "a policy without a rule" end
  return { { path = url, host = domain } }
end

-- What a policy takes: rows, or nil when they cannot say it; the condition in Lua; and why there is neither.
local function meaning_of(whole, policy, make)
  local rule = policy:get("rule")
  local rows, reason
  if rule then rows = expressions.try(whole:maker("https"), "rows", rule) else rows, reason = old_row(policy) end
  if not rule then return rows, rows and make:condition_of_row(rows[1]), reason end
  local condition, why = expressions.try(make, "condition", rule)
  return rows, condition, why
end

-- ---- Targets ----

-- The virtual server that a binding leads to: its own word, or its policy's action.
local function target_of(whole, b, policy)
  local name = b:get("targetLBVserver")
  local action = policy and policy:get("action")
  if not name and action then
    local a = whole:find("cs action", action)
    if not a then return nil, "there is no cs action " .. action end
    name = a:get("targetLBVserver") or a:get("targetVserver")
    if not name then return nil, "cs action " .. action .. " has no virtual server as its target" end
  end
  local v = whole:find("lb vserver", name)
  if not v then return nil, "there is no lb vserver " .. tostring(name) end
  return v
end

local function pool_name(whole, v, build)
  local pool, reason = build(v)
  if pool then return pool.name end
  return nil, string.format("lb vserver %s is not mapped: %s", v.name, reason)
end

-- ---- The whole ----

local function in_order(v)
  local list = {}
  for i, b in ipairs(v.binds) do
    if b.options.policyname and not b.options.type then
      list[#list + 1] = { b = b, at = i, priority = b:number("priority") or 1 << 30 }
    end
  end
  table.sort(list, function(a, b)
    if a.priority ~= b.priority then return a.priority < b.priority end
    return a.at < b.at
  end)
  return list
end

-- Adds a binding's rows, but for those that an earlier one takes.
local function insert(list, entry)
  for _, row in ipairs(entry.rows) do
    local earlier
    for _, other in ipairs(list) do earlier = earlier or hides(other.row, row) and other end
    if earlier then
      model.part(entry.b.line,
        string.format("some of it is never reached: the policy of line %d takes it", earlier.line), false)
    else
      list[#list + 1] = { row = row, pool = entry.pool, line = entry.b.line.number }
    end
  end
end

-- One binding of a policy: { b, policy, pool, rows, condition }; nil when it was told why not.
local function entry_of(whole, b, build, make)
  local policy = whole:find("cs policy", b:get("policyName"))
  local goto_ = b:word("gotoPriorityExpression")
  if goto_ and goto_ ~= "END" then
    model.part(b.line, "-gotoPriorityExpression " .. goto_ .. ": the first that fits decides", true)
  end
  local v, reason = target_of(whole, b, policy)
  local pool, rows, condition
  if v then pool, reason = pool_name(whole, v, build) end
  if pool then rows, condition, reason = meaning_of(whole, policy, make) end
  if not rows and not condition then
    model.unsupported(b.line, reason)
    return model.unsupported(policy.line, reason)
  end
  model.mapped(b.line)
  return { b = b, policy = policy, pool = pool, rows = rows, condition = condition }
end

local function quoted(set)
  local list = {}
  for name in pairs(set) do list[#list + 1] = expressions.quote(name) end
  table.sort(list)
  return table.concat(list, ", ")
end

-- All of them as one policy.
local function switch(whole, v, entries, make)
  local rules, pools = {}, {}
  for i, e in ipairs(entries) do
    pools[e.pool] = true
    rules[i] = string.format("    -- cs policy %s, line %d\n    if %s then\n      return route(%s)\n    end",
      e.policy.name:gsub("%c", "?"), e.policy.line.number, e.condition, expressions.quote(e.pool))
  end
  local reads = quoted(make.reads)
  return whole:policy(v.name .. "-switch", string.format([[
-- The content switching policies of %s %s, in NetScaler's order.
return {
  plugin = "https",%s pools = { %s },

  decide = function(m)
%s
  end,
}
]], v.kind, v.name:gsub("%c", "?"), reads ~= "" and " reads = { " .. reads .. " }," or "", quoted(pools),
    table.concat(rules, "\n")))
end

-- The name of the pool of all that no policy takes, or nil.
local function default_of(whole, v, build)
  local default
  for _, b in ipairs(v.binds) do
    local name = b:get("lbvserver") or b:get("vServer")
    local target = name and whole:find("lb vserver", name)
    if name then
      local pool, reason = nil, "there is no lb vserver " .. name
      if target then pool, reason = pool_name(whole, target, build) end
      if pool then model.mapped(b.line) else model.unsupported(b.line, reason) end
      default = pool or default
    end
  end
  return default
end

-- { rows, each { row, pool, line }, switch: a policy's name or nil, default: a pool's name or nil }; nil when nothing
-- is reached.
function routes.of(whole, v, build)
  local make, entries, only_rows, rows = whole:maker("https"), {}, true, {}
  for _, found in ipairs(in_order(v)) do
    local known = whole:peek("cs policy", found.b:get("policyName"))
    local entry = known and entry_of(whole, found.b, build, make)
    entries[#entries + 1] = entry or nil
    only_rows = only_rows and not (entry and not entry.rows)
  end
  for _, entry in ipairs(only_rows and entries or {}) do insert(rows, entry) end
  local default = default_of(whole, v, build)
  if #entries == 0 and not default then return nil end
  if only_rows and #rows <= MOST_ROWS then return { rows = rows, default = default } end
  return { rows = {}, switch = switch(whole, v, entries, make), default = default }
end

return routes
