-- SPDX-License-Identifier: Apache-2.0
-- policies.lua: responder and rewrite policies as one policy in Lua for each listener: its rules in the order in which
-- NetScaler asks them.

local expressions = use "netscaler/expressions"
local model = use "netscaler/model"

local policies = {}

local MOST_HEADERS, MOST_REASON = 8, 200 -- of reply()

local lua_of, quote = expressions.lua_of, expressions.quote

-- ---- Which are asked, and when ----

-- What is bound for all virtual servers: ahead of their own or behind.  Types name the phase.
local function global(whole, family)
  local list = {}
  for _, o in ipairs(whole:all(family .. " global")) do
    for _, b in ipairs(o.binds) do
      local phase = (b:word("type") or "REQ_DEFAULT"):find("OVERRIDE") and 1 or 3
      list[#list + 1] = {
        b = b, policy = b.args.policy or "", priority = tonumber(b.args.priority) or 0, goto_ = b.args["goto"],
        phase = phase,
      }
    end
  end
  return list
end

-- Does a binding for all virtual servers mean this one?
local function means(whole, family, entry, v, plugin)
  local kind = entry.b:word("type") or "REQ_DEFAULT"
  local p = whole:peek(family .. " policy", entry.policy)
  if kind:find("^SIP") then
    return plugin == "sip" and (kind:find("^SIPUDP") ~= nil) == (v.args.type:upper() == "SIP_UDP")
  end
  return plugin == "https" and p ~= nil and kind:find("^RE[QS]_") ~= nil
end

local function bound(whole, family, v, plugin)
  local list = {}
  for _, entry in ipairs(global(whole, family)) do
    if means(whole, family, entry, v, plugin) then list[#list + 1] = entry end
  end
  for _, b in ipairs(v.binds) do
    local name = b.options.policyname and b.options.policyname.values[1]
    if name and whole:peek(family .. " policy", name) then
      b:get("policyName")
      b:get("type")
      list[#list + 1] = {
        b = b, policy = name, priority = b:number("priority") or 0, goto_ = b:get("gotoPriorityExpression"), phase = 2,
      }
    end
  end
  table.sort(list, function(x, y)
    if x.phase ~= y.phase then return x.phase < y.phase end
    return x.priority < y.priority
  end)
  return list
end

-- What is asked behind an entry that fits: the next one, or nothing.
local function goes_on(entry)
  local where = (entry.goto_ or "END"):upper()
  if where ~= "NEXT" and where ~= "END" then
    model.part(entry.b.line, "goto " .. where .. ": taken as END, only NEXT and END are known", true)
  end
  return where == "NEXT"
end

local function refuse(entry, policy, action, reason)
  model.unsupported(entry.b.line, reason)
  model.unsupported(policy.line, reason)
  if action then model.unsupported(action.line, reason) end
end

-- ---- Responder ----

-- Headers that the gateway writes into an answer itself.
local own_headers = {
  via = true, from = true, to = true, ["call-id"] = true, cseq = true, ["content-length"] = true, connection = true,
}

-- The parts of a text as lines, each a list of parts without its end.
local function lines_of(parts)
  local lines = { {} }
  for _, p in ipairs(parts) do
    if p.lua then
      table.insert(lines[#lines], p)
    else
      local rest = p.literal:gsub("\r\n", "\n")
      for piece, ending in rest:gmatch("([^\n]*)(\n?)") do
        if piece ~= "" then table.insert(lines[#lines], { literal = piece }) end
        if ending ~= "" then lines[#lines + 1] = {} end
      end
    end
  end
  return lines
end

-- reply(...) of what `respondwith` sends; nil and why not.
local function reply_of(action, parts)
  local lines = lines_of(parts)
  local status = lines[1][1] and lines[1][1].literal
  local code, reason = (status or ""):match("^%u+/%d%.%d (%d%d%d) ?(.*)$")
  if not code or #lines[1] > 1 then return nil, "an answer without a status line" end
  local headers, i = {}, 2
  while lines[i] and #lines[i] > 0 do
    local name, value = (lines[i][1].literal or ""):match("^([%w-]+): *(.*)$")
    if not name then return nil, "a line of the answer that is no header" end
    local rest = { { literal = value }, table.unpack(lines[i], 2) }
    if value == "" and #rest > 1 then table.remove(rest, 1) end
    if not own_headers[name:lower()] then
      headers[#headers + 1] = string.format("[%s] = %s", quote(name), lua_of(rest))
    end
    i = i + 1
  end
  for k = i + 1, #lines do
    if #lines[k] > 0 then
      model.part(action.line, "the answer's body is left out: answers of policies have none", true)
      break
    end
  end
  if #headers > MOST_HEADERS then return nil, "an answer with more than " .. MOST_HEADERS .. " headers" end
  if #reason > MOST_REASON then return nil, "a status line that is longer than " .. MOST_REASON .. " bytes" end
  local more = #headers > 0 and ", { " .. table.concat(headers, ", ") .. " }" or ""
  return string.format("return reply(%s, %s%s)", code, quote(reason ~= "" and reason or "OK"), more)
end

local reasons = {
  ["301"] = "Moved Permanently", ["302"] = "Found", ["303"] = "See Other", ["307"] = "Temporary Redirect",
  ["308"] = "Permanent Redirect",
}

local function respond(action, make)
  local kind = action.args.type:lower()
  local target = action.args.target or ""
  if kind == "noop" then return "return nil" end
  if kind ~= "respondwith" and kind ~= "redirect" then
    return nil, "a responder action of the type " .. action.args.type
  end
  local parts, reason = expressions.try(make, "parts", target)
  if not parts and kind == "redirect" and target:find("^%a+://[^%s\"]+$") then parts = { { literal = target } } end
  if not parts then return nil, reason end
  if kind == "respondwith" then return reply_of(action, parts) end
  if make.plugin ~= "https" then return nil, "a redirect in another protocol than HTTP" end
  local code = action:get("responseStatusCode")
  local words = action:get("reasonPhrase") or reasons[code] or "Found"
  return string.format('return reply(%s, %s, { Location = %s })', code, quote(words), lua_of(parts))
end

local built_in = { DROP = "return drop()", NOOP = "return nil", RESET = "return drop()" }

-- One rule as lines of Lua, or nil.
local function responder_rule(whole, entry, make)
  local policy = whole:find("responder policy", entry.policy)
  local word = policy.args.action
  local action = not built_in[word:upper()] and whole:find("responder action", word)
  local condition, reason = expressions.try(make, "condition", policy.args.rule)
  local verdict = built_in[word:upper()]
  if condition and action then verdict, reason = respond(action, make) end
  if condition and not verdict and not action then reason = "there is no responder action " .. word end
  if not condition or not verdict then return refuse(entry, policy, action, reason) end
  if word:upper() == "RESET" then model.part(policy.line, "RESET: the connection ends, without RST", false) end
  model.mapped(entry.b.line)
  policy:get("undefAction")
  if goes_on(entry) and verdict == "return nil" then return nil end
  local head = string.format("    -- responder policy %s, line %d\n", (policy.name:gsub("%c", "?")), policy.line.number)
  if condition == "true" then return head .. "    do " .. verdict .. " end" end
  return string.format("%s    if %s then\n      %s\n    end", head, condition, verdict)
end

-- ---- Rewrite ----

local function header_of(target)
  local kind, name = target:upper():match("^HTTP%.(RE[QS])%.HEADER%("), target:match('%("([%w-]+)"%)$')
  return kind, name and name:lower()
end

-- What an action edits: the header, the value in Lua, whether of the answer, and on what condition; nil and why not.
local function edit(action, make, response)
  local kind, target = action.args.type:lower(), action.args.target
  local name, value, present = target:lower(), "false", nil
  if kind == "replace" then
    local side
    side, name = header_of(target)
    if not name then return nil, "replaces something else than a header: " .. target end
    response = side == "RES"
    if response then model.part(action.line, "a header that an answer does not have is added", false) end
    present = not response and make:fact("header." .. name) .. " ~= nil" or nil
  elseif kind ~= "insert_http_header" and kind ~= "delete_http_header" then
    return nil, "a rewrite action of the type " .. action.args.type
  end
  if kind ~= "delete_http_header" then
    local parts, reason = expressions.try(make, "parts", action.args.text or "")
    if not parts then return nil, reason end
    value = lua_of(parts)
    if kind == "insert_http_header" then
      model.part(action.line, "a header of that name that is there already is replaced", false)
    end
  end
  if not name:find("^[%w-]+$") then return nil, "not a header's name: " .. name end
  return name, value, response, present
end

-- What holds a message together is no policy's to edit.
local function is_sealed(whole, plugin, name)
  local p = whole.host.plugin(plugin, { whole.host.plugins })
  for _, sealed in ipairs(p and p.sealed or {}) do
    if sealed:lower() == name then return true end
  end
  return false
end

local function rewrite_rule(whole, entry, make, names)
  local policy = whole:find("rewrite policy", entry.policy)
  local action = whole:find("rewrite action", policy.args.action)
  local response = (entry.b:word("type") or "REQUEST"):find("^RES") ~= nil
  if not action then
    return refuse(entry, policy, nil, "there is no rewrite action " .. policy.args.action)
  end
  local condition, reason = expressions.try(make, "condition", policy.args.rule)
  if not condition then return refuse(entry, policy, action, reason) end
  local name, value, of_answer, present = edit(action, make, response)
  if name and is_sealed(whole, make.plugin, name) then name, value = nil, "no policy edits the header " .. name end
  if not name then return refuse(entry, policy, action, value) end
  names[name] = true
  model.mapped(entry.b.line)
  local key = quote(name)
  local where = of_answer and string.format("answer[%s] = %s", key, value)
    or value == "false" and string.format("remove[#remove + 1] = %s", key) or string.format("set[%s] = %s", key, value)
  local done = response and "answered" or "done" -- requests and answers have lists of their own
  local when = { "not " .. done, condition ~= "true" and "(" .. condition .. ")" or nil }
  when[#when + 1] = present
  local ends = not goes_on(entry) and "      " .. done .. " = true\n" or ""
  local rule = "    -- rewrite policy %s, line %d\n    if %s then\n      %s\n%s    end"
  local policy_name = policy.name:gsub("%c", "?")
  return string.format(rule, policy_name, policy.line.number, table.concat(when, " and "), where, ends)
end

-- ---- The files ----

local function sorted(set)
  local list = {}
  for name in pairs(set) do list[#list + 1] = quote(name) end
  table.sort(list)
  return table.concat(list, ", ")
end

local function head(v, what, make)
  local reads = sorted(make.reads)
  local text = "-- %s of %s %s.\nreturn {\n  plugin = %s,%s"
  return string.format(text, what, v.kind, (v.name:gsub("%c", "?")), quote(make.plugin),
    reads ~= "" and " reads = { " .. reads .. " }," or "")
end

-- The one that Lync asks for is there already.
local compression = 'if m.method == "NEGOTIATE" and m["header.compression"] ~= nil then\n' ..
  '      return reply(400, "Bad Request")\n    end'

local function responder(whole, v, plugin)
  local make, rules = whole:maker(plugin), {}
  for _, entry in ipairs(bound(whole, "responder", v, plugin)) do
    rules[#rules + 1] = responder_rule(whole, entry, make)
  end
  if #rules == 0 then return nil end
  if #rules == 1 and rules[1]:gsub('%(m.method or ""%)', "m.method"):find(compression, 1, true) then
    return "responder/no-compression"
  end
  local body = "\n\n  decide = function(m)\n" .. table.concat(rules, "\n") .. "\n  end,\n}\n"
  return whole:policy(v.name .. "-responder", head(v, "The responder policies, in NetScaler's order,", make) .. body)
end

local function rewrite(whole, v, plugin)
  if plugin ~= "https" then return nil end
  local make, rules, names = whole:maker(plugin), {}, {}
  for _, entry in ipairs(bound(whole, "rewrite", v, plugin)) do
    rules[#rules + 1] = rewrite_rule(whole, entry, make, names)
  end
  if #rules == 0 then return nil end
  return whole:policy(v.name .. "-rewrite", string.format([[
%s
  edits = { %s },

  decide = function(m)
    local set, remove, answer, done, answered = {}, {}, {}, false, false
%s
    return edit{ set = set, remove = remove, answer = answer }
  end,
}
]], head(v, "The rewrite policies, in NetScaler's order,", make), sorted(names), table.concat(rules, "\n")))
end

-- The policy of a virtual server that has no server and sends its clients elsewhere: to the URL as it is, or with what
-- they asked for behind it when it names no path.
function policies.away(whole, v, url)
  local make = whole:maker("https")
  local target = quote(url)
  if url:find("^%a+://[^/]+$") then target = target .. " .. " .. make:fact("url") end
  local body = string.format("\n\n  decide = function(m)\n    return reply(302, %s, { Location = %s })\n  end,\n}\n",
    quote(reasons["302"]), target)
  return whole:policy(v.name .. "-away", head(v, "What -redirectURL says", make) .. body)
end

-- What stands in the listener's `policies`, in order.
function policies.of(whole, v, plugin)
  local list = {}
  list[#list + 1] = responder(whole, v, plugin)
  list[#list + 1] = rewrite(whole, v, plugin)
  return list
end

return policies
