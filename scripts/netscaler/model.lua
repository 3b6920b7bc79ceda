-- SPDX-License-Identifier: Apache-2.0
-- model.lua: what an ns.conf has declared, and what became of each of its lines.  An option that nobody took is never
-- lost: finish() tells of it.

local secrets = use "netscaler/secrets"

local model = {}

-- ---- What became of a line ----

-- From the best to the worst; a line is as bad as the worst that was said of it.
local rank = { mapped = 1, ["not applicable"] = 2, ["in part"] = 3, ["not supported"] = 4 }

local function say(line, status, text, traffic)
  if not line.status or rank[status] > rank[line.status] then line.status = status end
  line.notes = line.notes or {}
  if text and not line.notes[text] then
    line.notes[#line.notes + 1], line.notes[text] = text, true
  end
  line.traffic = line.traffic or traffic or false
end

function model.mapped(line) say(line, "mapped") end

-- For the operator to do before the result loads or serves.
function model.to_do(line, text) say(line, "mapped", "to do: " .. text) end

function model.none(line, why) say(line, "not applicable", why) end

-- `traffic`: clients or servers would notice.
function model.part(line, text, traffic) say(line, "in part", text, traffic) end

function model.unsupported(line, why, traffic) say(line, "not supported", why, traffic ~= false) end

-- ---- Objects ----

local object = {}
object.__index = object

-- The option as it was written, { name, values, line }, now taken; nil when it was not.
function object:option(name)
  local o = self.options[name:lower()]
  if o then
    o.used = true
    model.mapped(o.line)
  end
  return o
end

-- Its first value, or NetScaler's default.
function object:get(name)
  local o = self:option(name)
  if o then return o.values[1] or "" end
  local row = self.grammar[name:lower()]
  return row and row.default
end

-- In capitals, for values that are words.
function object:word(name)
  local v = self:get(name)
  return v and v:upper()
end

function object:is_on(name)
  local v = self:word(name)
  return v == "ENABLED" or v == "YES" or v == "ON" or v == "TRUE"
end

-- A whole number; nil, and told, when something else is written.
function object:number(name)
  local text = self:get(name)
  local n = math.tointeger(tonumber(text))
  if text and not n then
    model.part(self:line_of(name), string.format("-%s %s: not a whole number", name, text), true)
  end
  return n
end

-- The same within what lychgate takes; what is beyond is told.
function object:bounded(name, n, most, unit)
  if not n or n <= most then return n end
  model.part(self:line_of(name),
    string.format("-%s: %d%s is the most that is possible here", name, most, unit or ""), true)
  return most
end

-- A number from `least` to `most`; the nearest of these, and told, when it is beyond.
function object:within(name, least, most, unit)
  local n = self:bounded(name, self:number(name), most, unit)
  if not n or n >= least then return n end
  model.part(self:line_of(name),
    string.format("-%s: %d%s is the least that is possible here", name, least, unit or ""), true)
  return least
end

-- The line to blame for an option.
function object:line_of(name)
  local o = self.options[name:lower()]
  return o and o.line or self.line
end

-- ---- The whole ----

local whole = {}
whole.__index = whole

function model.new(lines)
  return setmetatable({ lines = lines, kinds = {}, lists = {}, order = {}, binds = {}, words = {} }, whole)
end

function whole:add(kind, name, fields)
  local o = setmetatable(fields, object)
  o.kind, o.name, o.binds = kind, name, {}
  self.kinds[kind] = self.kinds[kind] or {}
  self.kinds[kind][name:lower()] = o
  self.lists[kind] = self.lists[kind] or {}
  table.insert(self.lists[kind], o)
  self.order[#self.order + 1] = o
  return o
end

-- The object of this kind and name, which then counts as used.
function whole:find(kind, name)
  local o = name and self.kinds[kind] and self.kinds[kind][name:lower()]
  if o and not o.used then
    o.used = true
    model.mapped(o.line)
  end
  return o
end

-- Without counting.
function whole:peek(kind, name)
  return name and self.kinds[kind] and self.kinds[kind][name:lower()]
end

-- All of a kind, in the file's order.
function whole:all(kind)
  return self.lists[kind] or {}
end

-- A binding is an object without a name of its own.
function whole:bind(to, fields)
  local b = setmetatable(fields, object)
  to.binds[#to.binds + 1] = b
  self.binds[#self.binds + 1] = b
  return b
end

-- ---- What nobody took ----

local function is_neutral(row, o)
  local v = table.concat(o.values, " "):upper()
  if row.default and v == row.default:upper() then return true end
  for value in (row.neutral or row.harmless and "NO|OFF|DISABLED" or ""):gmatch("[^|]+") do
    if v == value:upper() then return true end
  end
  return false
end

local function finish_option(owner, key, o)
  local row = owner.grammar[key]
  local written = "-" .. o.name .. (#o.values > 0 and " " .. table.concat(o.values, " ") or "")
  if row and row.secret or secrets.is_option(o.name) or owner.options.encrypted then written = "-" .. o.name end
  if not row then
    model.part(o.line, written .. ": an option that is not known here", true)
  elseif row.silent or is_neutral(row, o) then
    model.mapped(o.line)
  elseif row.harmless then
    model.part(o.line, written .. ": " .. row.harmless, false)
  else
    model.part(o.line, written .. ": " .. (row.meant or "it has no counterpart"), true)
  end
end

-- Of a binding counts what became of its line.
local function finish_object(o, used)
  if not used or o.line.status == "not supported" then return end
  for key, option in pairs(o.options) do
    if not option.used then finish_option(o, key, option) end
  end
end

-- After all has been built.
function whole:finish()
  for _, o in ipairs(self.order) do finish_object(o, o.used) end
  for _, b in ipairs(self.binds) do finish_object(b, b.line.status) end
  for _, line in ipairs(self.lines) do
    if not line.status then model.none(line, line.unused or "nothing that is mapped uses it") end
    table.sort(line.notes or {})
  end
end

return model
