-- SPDX-License-Identifier: Apache-2.0
-- expressions.lua: NetScaler's expressions as conditions and texts of a policy in Lua, or as rows of `routes`.  What is
-- not among the common kinds gives nil and the part that is not understood: its text goes into the report.

local parse = use "netscaler/tree"

local expressions = {}

-- ---- Facts ----

-- Chains by how they begin; the value is a fact, or "*" for one that is named by the argument.
local facts = {
  https = {
    ["HTTP.REQ.HOSTNAME"] = "host", ["HTTP.REQ.HOSTNAME.SERVER"] = "host", ["HTTP.REQ.METHOD"] = "method",
    ["HTTP.REQ.URL"] = "url", ["HTTP.REQ.URL.PATH_AND_QUERY"] = "url", ["HTTP.REQ.URL.PATH"] = "path",
    ["HTTP.REQ.URL.QUERY"] = "query", ["HTTP.REQ.HEADER"] = "header.*", ["HTTP.REQ.COOKIE.VALUE"] = "cookie.*",
    ["CLIENT.IP.SRC"] = "source",
  },
  sip = {
    ["SIP.REQ.METHOD"] = "method", ["SIP.REQ.CALL_ID"] = "call-id", ["SIP.REQ.HEADER"] = "header.*",
    ["SIP.REQ.FROM"] = "header.from", ["SIP.REQ.TO"] = "header.to",
    ["SIP.REQ.USER_AGENT"] = "header.user-agent", ["CLIENT.IP.SRC"] = "source",
  },
}

local function literal(tree)
  if tree and tree.op == "text" then return tree.value end
  if tree and tree.op == "chain" and #tree.links == 1 and not tree.links[1].arguments then return tree.links[1].text end
end

-- The fact of a chain's beginning, and how many links it takes: the longest that is known.
local function fact_of(tree, plugin)
  for n = math.min(4, #tree.links), 1, -1 do
    local names = {}
    for i = 1, n do names[i] = tree.links[i].name end
    local fact = facts[plugin] and facts[plugin][table.concat(names, ".")]
    local arguments = tree.links[n].arguments
    local name = arguments and #arguments == 1 and arguments[1].op == "text" and arguments[1].value:lower()
    if fact and fact:sub(-1) == "*" and name and name:find("^[%w_-]+$") then
      return name == "host" and fact == "header.*" and "host" or fact:sub(1, -2) .. name, n
    end
    if fact and fact:sub(-1) ~= "*" and not arguments then return fact, n end
  end
end

-- The one fact that a persistence rule names.
function expressions.fact(text, plugin)
  local tree = parse(text)
  if not tree or tree.op ~= "chain" then return nil end
  local fact, n = fact_of(tree, plugin)
  return n == #tree.links and fact ~= "url" and fact or nil
end

-- ---- Conditions in Lua ----

local function quote(text) return (string.format("%q", text):gsub("\\\n", "\\n"):gsub("\r", "\\r")) end

-- What a compilation has: the plugin, the facts that it reads, sets and named expressions of the file.
local maker = {}
maker.__index = maker

function expressions.maker(plugin, patset, named)
  return setmetatable({ plugin = plugin, reads = {}, patset = patset, named = named, depth = 0 }, maker)
end

function maker:fact(name)
  if name == "url" then
    self.reads.path, self.reads.query = true, true
    return '((m.path or "") .. (m.query and "?" .. m.query or ""))'
  end
  self.reads[name] = true
  return name:find("^%a+$") and "m." .. name or "m[" .. quote(name) .. "]"
end

local function give_up(tree)
  local names = {}
  for i, link in ipairs(tree.links or {}) do names[i] = link.text end
  error({ reason = #names > 0 and table.concat(names, ".") or "its shape" }, 0)
end

local tests = {
  EQ = function(a, b) return a .. " == " .. b end, EQUALS = function(a, b) return a .. " == " .. b end,
  NE = function(a, b) return a .. " ~= " .. b end, CONTAINS = function(a, b) return a .. ":contains(" .. b .. ")" end,
  STARTSWITH = function(a, b) return a .. ":prefix(" .. b .. ")" end,
  ENDSWITH = function(a, b) return a .. ":suffix(" .. b .. ")" end,
}
local any = { EQUALS_ANY = "EQ", CONTAINS_ANY = "CONTAINS", STARTSWITH_ANY = "STARTSWITH", ENDSWITH_ANY = "ENDSWITH" }

-- A chain behind its fact: { text in Lua, fact, small: in small letters, test: a condition }.
function maker:links(tree)
  local fact, n = fact_of(tree, self.plugin)
  if not fact then give_up(tree) end
  local bare = self:fact(fact)
  local value = { fact = fact, small = fact == "host", text = fact == "url" and bare or "(" .. bare .. ' or "")' }
  for i = n + 1, #tree.links do
    local link = tree.links[i]
    local argument = link.arguments and literal(link.arguments[1])
    if value.test then give_up(tree) end
    if link.name == "SET_TEXT_MODE" and argument == "IGNORECASE" or link.name == "TO_LOWER" then
      if not value.small then value.text = value.text .. ":lower()" end
      value.small = true
    elseif link.name == "HTTP_URL_SAFE" or link.name == "TYPECAST_TEXT_T" then
      value.safe = true
    elseif link.name == "GET" and fact == "path" and argument == "1" and not value.is_first then
      value.is_first = true -- the part up to the second slash
    elseif value.is_first and (link.name == "EQ" or link.name == "EQUALS") and argument and argument ~= "" then
      local part = "/" .. (value.small and argument:lower() or argument)
      value.how, value.argument = "FIRST", part
      value.test = string.format("(%s == %s or %s:prefix(%s))", value.text, quote(part), value.text, quote(part .. "/"))
    elseif value.is_first then
      give_up(tree)
    elseif link.name == "EXISTS" and i == n + 1 then
      value.test, value.how = bare .. " ~= nil", "EXISTS"
    elseif link.name == "IN_SUBNET" and fact == "source" and argument then
      value.test = bare .. ":within({ [" .. quote(argument) .. "] = true })"
    elseif tests[link.name] and argument then
      value.how, value.argument = link.name, argument
      value.test = tests[link.name](value.text, quote(value.small and argument:lower() or argument))
    elseif any[link.name] and argument and self.patset(argument) then
      local list = {}
      value.how, value.set = any[link.name], self.patset(argument)
      for k, text in ipairs(value.set) do
        list[k] = tests[value.how](value.text, quote(value.small and text:lower() or text))
      end
      value.test = "(" .. table.concat(list, " or ") .. ")"
    else
      give_up(tree)
    end
  end
  return value
end

local always = {
  ["TRUE"] = "true", ["FALSE"] = "false", ["NS_TRUE"] = "true", ["NS_FALSE"] = "false", ["HTTP.REQ.IS_VALID"] = "true",
  ["SIP.REQ.IS_VALID"] = "true",
}

local function names_of(tree)
  local names = {}
  for i, link in ipairs(tree.links) do names[i] = link.arguments and "(" or link.name end
  return table.concat(names, ".")
end

function maker:expand(tree)
  local text = #tree.links == 1 and not tree.links[1].arguments and self.named(tree.links[1].text)
  self.depth = self.depth + 1
  local inner = text and self.depth < 20 and parse(text)
  return inner or nil
end

function maker:condition(tree)
  if tree.op == "not" then return "not (" .. self:condition(tree[1]) .. ")" end
  if tree.op == "and" or tree.op == "or" then
    local parts = {}
    for i = 1, 2 do
      local mixed = tree[i].op ~= tree.op and (tree[i].op == "or" or tree[i].op == "and")
      parts[i] = mixed and "(" .. self:condition(tree[i]) .. ")" or self:condition(tree[i])
    end
    return table.concat(parts, " " .. tree.op .. " ")
  end
  if tree.op ~= "chain" then give_up(tree) end
  local constant = always[names_of(tree)]
  if constant then return constant end
  if names_of(tree) == "CLIENT.SSL.IS_SSL" then return self:fact("transport") .. ' == "tls"' end
  local inner = self:expand(tree)
  if inner then return self:condition(inner) end
  return self:links(tree).test or give_up(tree)
end

-- The condition of one row of exact names and paths, or paths that go on behind a star.
function maker:condition_of_row(row)
  local parts = {}
  if row.host then parts[1] = string.format('(%s or "") == %s', self:fact("host"), quote(row.host:lower())) end
  if row.path then
    local text = "(" .. self:fact("path") .. ' or "")'
    local begin = row.path:match("^(.*)%*$")
    parts[#parts + 1] = begin and tests.STARTSWITH(text, quote(begin)) or tests.EQ(text, quote(row.path))
  end
  return table.concat(parts, " and ")
end

-- A text: literals and facts, joined.  A list of { literal } and { lua }.
function maker:parts(tree, list)
  list = list or {}
  if tree.op == "+" then
    self:parts(tree[1], list)
    self:parts(tree[2], list)
  elseif tree.op == "text" then
    list[#list + 1] = { literal = tree.value }
  elseif tree.op == "chain" then
    local value = self:links(tree)
    if value.test then give_up(tree) end
    list[#list + 1] = { lua = value.text, fact = value.fact }
  else
    give_up(tree)
  end
  return list
end

function expressions.lua_of(parts)
  local out = {}
  for i, p in ipairs(parts) do out[i] = p.lua or quote(p.literal) end
  return #out > 0 and table.concat(out, " .. ") or '""'
end

expressions.quote = quote

-- Calls maker:WHAT with the text's tree; nil and what was not understood.
function expressions.try(make, what, text)
  local tree = parse(text)
  if not tree then return nil, "not an expression that is understood: " .. text end
  make.depth = 0
  local ok, result = pcall(make[what], make, tree)
  if ok then return result end
  if type(result) ~= "table" then error(result, 0) end
  return nil, string.format("not understood: %s in %s", result.reason, text)
end

-- ---- Rows of routes ----

local function whole_text(t) return { t } end

-- By the test: the patterns that say the same.
local patterns = {
  EQ = whole_text, EQUALS = whole_text,
  FIRST = function(t) return { t, t .. "/*" } end,
  STARTSWITH = function(t) return { t .. "*" } end,
  ENDSWITH = function(t) return { "*" .. t } end,
}

-- Can a pattern of `routes` say it?  A path that ends with a slash is there a folder with all that is below it.
local function is_pattern(fact, how, text)
  if text == "" or text:find("[*?#]") then return false end
  if fact == "host" then return not text:find("/", 1, true) and not text:find("[^:]:%d+$") end
  if how == "ENDSWITH" then return true end
  return text:sub(1, 1) == "/" and (how == "STARTSWITH" or text:sub(-1) ~= "/")
end

-- The rows { fact = pattern } of which one has to fit, or nil when the tree is more than that.
function maker:rows(tree)
  if tree.op == "or" then
    local a, b = self:rows(tree[1]), self:rows(tree[2])
    for _, row in ipairs(b) do a[#a + 1] = row end
    return a
  elseif tree.op == "and" then
    local list = {}
    local a, b = self:rows(tree[1]), self:rows(tree[2])
    for _, x in ipairs(a) do
      for _, y in ipairs(b) do
        local row = {}
        for fact, pattern in pairs(x) do row[fact] = pattern end
        for fact, pattern in pairs(y) do
          if row[fact] then give_up(tree) end
          row[fact] = pattern
        end
        list[#list + 1] = row
      end
    end
    return list
  elseif tree.op ~= "chain" then
    give_up(tree)
  end
  if always[names_of(tree)] == "true" then return { {} } end
  local inner = self:expand(tree)
  if inner then return self:rows(inner) end
  local value = self:links(tree)
  local fact = value.fact == "url" and (value.how == "STARTSWITH") and "path" or value.fact
  if (fact ~= "host" and fact ~= "path") or not patterns[value.how or ""] then give_up(tree) end
  local list = {}
  for _, text in ipairs(value.set or { value.argument }) do
    if not is_pattern(fact, value.how, text) then give_up(tree) end
    for _, pattern in ipairs(patterns[value.how](text)) do list[#list + 1] = { [fact] = pattern } end
  end
  return list
end

return expressions
