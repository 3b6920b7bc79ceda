-- SPDX-License-Identifier: Apache-2.0
-- read.lua: from lines to a model, in two passes: what is added, then what is set, bound and linked, in their order.
-- A command that commands.lua does not know is told as not supported.

local commands = use "netscaler/commands"
local families = use "netscaler/families"
local lex = use "netscaler/lex"
local model = use "netscaler/model"

local MOST_COPIES, MOST_COMMANDS = 256, 200000 -- of one array, and of all lines with their arrays

local verbs = {
  add = true, set = true, bind = true, link = true, enable = true, disable = true, create = true, apply = true,
  unset = true, unbind = true, rm = true, unlink = true,
}

-- ---- One line ----

-- The grammar of the line's command, and how many words name it.
local function grammar_of(words)
  for n = 3, 2, -1 do
    local name = {}
    for i = 1, n do name[i] = words[i] and words[i].text or "" end
    local row = commands[table.concat(name, " "):lower()]
    if row then return row, n end
  end
end

local function family_of(words)
  for n = 3, 2, -1 do
    local name = {}
    for i = 2, n do name[#name + 1] = words[i] and words[i].text or "" end
    local family = families[table.concat(name, " "):lower()]
    if family then return family end
  end
end

local function is_option(word)
  return not word.quoted and word.text:find("^%-%a")
end

-- The options and the other words from `i` on.
local function take_words(line, row, i)
  local args, options, words = {}, {}, line.words
  while i <= #words do
    local word = words[i]
    i = i + 1
    if is_option(word) then
      local name = word.text:sub(2)
      local known = row.options[name:lower()]
      local o = { name = name, values = {}, line = line }
      local n = known and known.n or known and 1 or "any"
      while words[i] and not is_option(words[i]) and (n == "any" or #o.values < n) do
        o.values[#o.values + 1], i = words[i].text, i + 1
      end
      options[name:lower()] = o
    else
      args[#args + 1] = word.text
    end
  end
  return args, options
end

-- The numbers FIRST to LAST of the text's [FIRST-LAST].
local function range_in(text)
  local first, last = text:match("%[(%d+)%-(%d+)%]")
  first, last = math.tointeger(tonumber(first)), math.tointeger(tonumber(last))
  return first, first and last
end

-- The first array among the words, or nil.
local function first_range(args)
  for _, text in ipairs(args) do
    local first, last = range_in(text)
    if first and last then return first, last end
  end
end

-- The command once for each member of an array: vs[1-3] at 192.0.2.[1-3] are three.  There is room for so many.
local function copies(args, room)
  local first, last = first_range(args)
  if not first then return { args } end
  if last < first or last - first >= MOST_COPIES then
    return nil, "an array of more than " .. MOST_COPIES .. " or of none"
  end
  if last - first >= room then return nil, "with its arrays the file has more than " .. MOST_COMMANDS .. " commands" end
  local list = {}
  for k = 0, last - first do
    local one = {}
    for i, text in ipairs(args) do
      local from, to = range_in(text)
      if from and to - from ~= last - first then return nil, "arrays of different sizes" end
      one[i] = from and text:gsub("%[%d+%-%d+%]", tostring(math.tointeger(from + k)), 1) or text
    end
    list[#list + 1] = one
  end
  return list
end

local function named(row, args)
  local fields = {}
  for i, name in ipairs(row.args) do fields[name] = args[i] end
  for i = #row.args + 1, #args do fields[#fields + 1] = args[i] end
  return fields
end

-- The commands of a line: { verb, object, args by name, options, line, grammar }; what it is otherwise is told.
local function parse(line, list)
  local verb = line.words[1].text:lower()
  local row, n = grammar_of(line.words)
  if not row then
    local family = verbs[verb] and family_of(line.words)
    if not family then
      return model.unsupported(line, verbs[verb] and "not a command that is known here" or "not a command")
    end
    if family.none then return model.none(line, family.none) end
    return model.unsupported(line, family.refuse)
  end
  local args, options = take_words(line, row, n + 1)
  if #args < row.needs then return model.unsupported(line, "words are missing: " .. table.concat(row.args, ", ")) end
  local all, reason = copies(args, MOST_COMMANDS - #list)
  if not all then return model.unsupported(line, reason) end
  for _, one in ipairs(all) do
    local own = {}
    for key, o in pairs(options) do own[key] = { name = o.name, values = o.values, line = line } end
    list[#list + 1] = {
      verb = verb, object = row.object, args = named(row, one), options = own, line = line, grammar = row.options,
    }
  end
end

-- ---- The two passes ----

local function check_rest(c)
  local rest = table.concat(c.args, " ", 1)
  if rest ~= "" then model.part(c.line, rest .. ": words that are not known here", true) end
end

local function add(m, c)
  if m:peek(c.object, c.args.name) then return model.unsupported(c.line, "there is one of this name already") end
  local fields = { args = c.args, options = c.options, line = c.line, grammar = c.grammar, disabled = false }
  m:add(c.object, c.args.name, fields)
  check_rest(c)
end

-- Objects that are there with the one they belong to.
local function on_demand(m, c)
  local owner = c.object:match("^ssl (.+)$")
  local is_known = m:peek(owner or "", c.args.name)
  if owner == "vserver" then is_known = m:peek("lb vserver", c.args.name) or m:peek("cs vserver", c.args.name) end
  if c.object:find(" global$") or commands.on_demand[c.object] then is_known = true end
  local name = c.args.name or ""
  if not is_known then return nil end
  local rows = commands["set " .. c.object:lower()]
  local grammar = rows and rows.options or c.grammar
  return m:add(c.object, name, { args = {}, options = {}, line = c.line, grammar = grammar, disabled = false })
end

-- A member's own options: set serviceGroup NAME SERVER PORT -weight 2.
local function set(m, c, o)
  if c.args.target then
    return m:bind(o, { set = true, args = c.args, options = c.options, line = c.line, grammar = c.grammar })
  end
  for key, option in pairs(c.options) do
    local old = o.options[key]
    if old and old.line ~= c.line then model.mapped(old.line) end
    o.options[key] = option
  end
  if not next(c.options) then model.mapped(c.line) end
  c.line.unused = c.line.unused or string.format("%s %s is not used", c.object, o.name)
  check_rest(c)
end

local function switch(c, o)
  if c.args.target then return model.unsupported(c.line, "one member of a group cannot be told to rest") end
  o.disabled = c.verb == "disable" and c.line or false
  model.mapped(c.line)
end

local function unset(c, o)
  for key in pairs(c.options) do o.options[key] = nil end
  model.mapped(c.line)
end

-- The older form of a monitor's binding names the service behind it.
local function bind_monitor(m, c)
  local owner = m:peek("service", c.args.target) or m:peek("serviceGroup", c.args.target)
  if not c.args.target then return model.unsupported(c.line, "a certificate or a measure of a monitor") end
  if not owner then return model.unsupported(c.line, "there is no service or serviceGroup " .. c.args.target) end
  c.options.monitorname = { name = "monitorName", values = { c.args.name }, line = c.line }
  m:bind(owner, { args = {}, options = c.options, line = c.line, grammar = commands["bind service"].options })
end

-- What the appliance makes for itself: its shell's web server, say.
local function is_internal(c)
  return c.object == "ssl service" and c.args.name:find("^ns%a+%-[%x.:]+l?%-%d+$") ~= nil
end

-- USIP is what services do that do not say it themselves.
local function mode(m, c)
  model.none(c.line, "routing and links are the operating system's")
  for _, name in ipairs(c.args) do
    if name:upper() == "USIP" then
      m.usip = c.verb == "enable"
      c.line.status = "mapped"
    end
  end
end

local function change(m, c)
  if c.object == "ns mode" then return mode(m, c) end
  local o = m:peek(c.object, c.args.name or "") or on_demand(m, c)
  if not o and is_internal(c) then return model.none(c.line, "management of the appliance") end
  if not o then return model.unsupported(c.line, string.format("there is no %s %s", c.object, c.args.name or "")) end
  if c.verb == "bind" and c.object == "lb monitor" then
    bind_monitor(m, c)
  elseif c.verb == "set" then
    set(m, c, o)
  elseif c.verb == "bind" or c.verb == "link" then
    m:bind(o, { link = c.verb == "link", args = c.args, options = c.options, line = c.line, grammar = c.grammar })
    c.line.unused = string.format("%s %s is not used", c.object, o.name)
  elseif c.verb == "unset" then
    unset(c, o)
  else
    switch(c, o)
  end
end

local read = {}

-- The model of the file's text; nil and the reason when it is no ns.conf at all.  `wrong` of the model counts the lines
-- that could not be read.
function read.model(text)
  local lines, reason = lex.lines(text)
  if not lines then return nil, reason end
  local m, list = model.new(lines), {}
  m.wrong, m.commands = 0, 0
  for _, line in ipairs(lines) do
    if line.wrong then
      m.wrong, reason = m.wrong + 1, reason or string.format("line %d: %s", line.number, line.wrong)
      model.unsupported(line, line.wrong)
    elseif #line.words == 0 then
      model.none(line, line.text:find("%S") and "a comment" or "empty")
    else
      if verbs[line.words[1].text:lower()] then m.commands = m.commands + 1 end
      parse(line, list)
    end
  end
  if m.commands == 0 then return nil, reason or "it has no command of an ns.conf" end
  for _, c in ipairs(list) do
    if c.verb == "add" then add(m, c) end
  end
  for _, c in ipairs(list) do
    if c.verb ~= "add" then change(m, c) end
  end
  return m
end

return read
