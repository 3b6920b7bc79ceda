-- SPDX-License-Identifier: Apache-2.0
-- routes.lua: the `routes` of a content switching virtual server, of its policies in the order of their priorities.

local expressions = use "netscaler/expressions"
local model = use "netscaler/model"

local routes = {}

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
  local row, url, domain = {}, policy:get("url"), policy:get("domain")
  if url and (url:find("*", 1, true) or #url) ~= #url then return nil, "-url " .. url .. ": a star in the middle" end
  if url and url:sub(1, 1) ~= "/" then return nil, "-url " .. url .. ": not a path" end
  row.path, row.host = url, domain
  return next(row) and { row } or nil, "a policy without a rule"
end

local function rows_of(whole, policy)
  local rule = policy:get("rule")
  if not rule then return old_row(policy) end
  local make = whole:maker("https")
  return expressions.try(make, "rows", rule)
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

local function insert(list, row, pool, b)
  for _, other in ipairs(list) do
    if hides(other.row, row) then
      return model.part(b.line, string.format("some of it is never reached: the policy of line %d takes it", other.line), false)
    end
  end
  list[#list + 1] = { row = row, pool = pool, line = b.line.number }
end

-- One binding of a policy; `build` makes the pool of a virtual server.
local function add(whole, list, b, build)
  local name = b:get("policyName")
  local policy = whole:find("cs policy", name)
  if not policy then return end
  local goto_ = b:word("gotoPriorityExpression")
  if goto_ and goto_ ~= "END" then
    model.part(b.line, "-gotoPriorityExpression " .. goto_ .. ": the first that fits decides", true)
  end
  local v, reason = target_of(whole, b, policy)
  local rows, pool
  if v then pool, reason = pool_name(whole, v, build) end
  if pool then rows, reason = rows_of(whole, policy) end
  if not rows then
    model.unsupported(b.line, reason)
    return model.unsupported(policy.line, reason)
  end
  model.mapped(b.line)
  for _, row in ipairs(rows) do insert(list, row, pool, b) end
end

-- Rows, each { row, pool, line }, and the name of the default pool or nil.
function routes.of(whole, v, build)
  local list, default = {}, nil
  for _, entry in ipairs(in_order(v)) do
    if whole:peek("cs policy", entry.b:get("policyName")) then add(whole, list, entry.b, build) end
  end
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
  return list, default
end

return routes
