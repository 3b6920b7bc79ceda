-- SPDX-License-Identifier: Apache-2.0
-- manual.lua: lychgate.conf(5) as roff, made from what the gateway itself reads: words.lua, the plugins' tables, the
-- policies' options.  The makefile runs it: lychgate --manual PLUGIN... POLICY...

local words = use "words"

local out = {}

local function line(text) out[#out + 1] = text end

-- Text as roff shows it: a dash is one that can be copied, a line never begins a request.
local function plain(text)
  return (tostring(text):gsub("\\", "\\e"):gsub("%-", "\\-"):gsub("^([.'])", "\\&%1"))
end

local function paragraph(text)
  for row in text:gmatch("[^\n]+") do line(plain((row:gsub("^%s+", "")))) end
end

-- The same inside the quotes of a request's argument.
local function argument(text) return (plain(text):gsub('"', "\\(dq")) end

local function quoted(v)
  return type(v) == "string" and '"' .. v .. '"' or tostring(v)
end

local type_names = {
  boolean = "true or false", integer = "whole number", time = "time", size = "size", choice = "one of", string = "text",
  name = "name", file = "file", folder = "folder", list = "list", table = "table", word = "name of a word", server = "server",
  monitor = "table", bind = "address", policy = "policy", options = "table",
}

local function type_of(spec)
  if spec.type == "choice" then return '"' .. table.concat(spec.choices, '", "') .. '"' end
  if spec.type == "word" then return "name of a `" .. spec.word .. "`" end
  if spec.type == "list" then return "list, or one: " .. type_of(spec.of) end
  return type_names[spec.type] or spec.type
end

local function range_of(spec)
  if spec.type == "list" or not (spec.min and spec.max) then return "" end
  return string.format(", %s to %s", spec.min, spec.max)
end

local function default_of(spec)
  if spec.required then return "It must be there." end
  if spec.unset then return "Default: " .. spec.unset .. "." end
  if spec.default ~= nil and type(spec.default) ~= "table" then return "Default: " .. quoted(spec.default) .. "." end
end

local function sentence(text)
  return (text:find("^false:") and text or text:sub(1, 1):upper() .. text:sub(2)) .. "."
end

-- One key with its type, its help and its default.
local function key(spec)
  line(".TP")
  line(string.format('.BR "%s" " (%s%s%s)"', spec.key == 1 and "[1]" or spec.key, argument(type_of(spec)), argument(range_of(spec)),
    spec.off and " or false" or ""))
  paragraph(sentence(spec.help))
  local default = default_of(spec)
  if default then paragraph(default) end
end

local function nested(spec)
  return spec.type == "list" and spec.of.keys or spec.keys
end

-- The keys of a word, then each table that is one of them.
local function keys(list, path)
  for _, spec in ipairs(list) do
    if not spec.later then key(spec) end
  end
  for _, spec in ipairs(list) do
    if nested(spec) and not spec.later then
      line(string.format('.SS "%s of %s"', plain(spec.key), plain(path)))
      keys(nested(spec), spec.key .. " of " .. path)
    end
  end
end

local option_types = {
  bool = "true or false", int = "whole number", msec = "time", bytes = "size", str = "text", ports = "ports", nets = "list of networks",
  routes = "list of routes",
}

-- Bounds of times and sizes are in ms and bytes here: the gateway's message tells them when one is passed.
local function option_type(o)
  if o.type == "enum" then return '"' .. table.concat(o.choices, '", "') .. '"' end
  if o.type == "int" and o.min then return string.format("%s, %d to %d", option_types.int, o.min, o.max) end
  return option_types[o.type]
end

local function option(o)
  local kind, bare = option_type(o), o.type == "bool" or o.type == "int"
  line(".TP")
  line(string.format('.BR "%s" " (%s)"', argument(o.name), argument(kind)))
  paragraph(sentence(o.help or "as the manual of the plugin tells"))
  if o.def then paragraph("Default: " .. (bare and o.def or quoted(o.def)) .. ".") end
end

local function options(title, list)
  if #list == 0 then return end
  line('.SS "' .. plain(title) .. '"')
  for _, o in ipairs(list) do option(o) end
end

local function names(title, list)
  if #list == 0 then return end
  line(".PP")
  paragraph(title .. ": " .. table.concat(list, ", ") .. ".")
end

local function plugin(host, name)
  local p, reason = host.plugin(name, { host.plugins })
  if not p then error(name .. ": " .. reason, 0) end
  line('.SH "PLUGIN ' .. plain(name:upper()) .. '"')
  paragraph(sentence(p.summary))
  names("Facts for policies, persistence and routes", p.facts)
  if p.persistence then paragraph("A pool whose configuration is silent persists by " .. p.persistence .. ".") end
  options("Options of a listener with " .. name, p.options)
  options("Keys of a monitor with " .. name, p.probe_options)
end

local function policy(host, name)
  local p, reason = host.policy(host.policies .. "/" .. name .. ".lua")
  if not p then error(reason, 0) end
  line('.SS "' .. plain(name) .. '"')
  paragraph((p.plugin and "For " .. p.plugin .. ". " or "For any plugin. ") ..
    (#p.reads > 0 and "Reads " .. table.concat(p.reads, ", ") .. "." or "Reads no fact."))
  for _, o in ipairs(p.options) do
    local kind = o.of and string.format("%s of %s", o.type, o.of) or o.type
    line(".TP")
    line(string.format('.BR "%s" " (%s)"', argument(o.name), argument(kind)))
    paragraph(sentence(o.help or "see the policy's file"))
    if o.required then paragraph("It must be there.") elseif o.def then paragraph("Default: " .. o.def .. ".") end
  end
end

local head = [[
.TH LYCHGATE.CONF 5 "" lychgate "lychgate manual"
.SH NAME
lychgate.conf \- the configuration of lychgate
.SH DESCRIPTION
The configuration is data in Lua's syntax: words, each with a table.
.BR lychgate (8)
reads it with
.B \-c
and checks it with
.BR \-t ,
which tells every mistake at once, with its line and a hint, and opens nothing.
Words may stand in any order and refer to each other by name.
.PP
.nf
.RS
gateway { workers = 2 }

tls "pool" { certificate = "pool.pem", key = "pool.key", trust = "ca.pem" }

pool "front\-end" {
  servers = { "192.0.2.21", { "192.0.2.22", weight = 2 } },
  port = 5061, tls = "pool", tls_name = "pool.corp.example",
  monitor = { plugin = "sip", transport = "tcp", port = 5060 },
}

listener "front\-end\-5061" {
  plugin = "sip", bind = { "tls:192.0.2.61:5061" }, tls = "pool", pool = "front\-end",
}
.RE
.fi
.PP
A time is a number with ms, s, m or h in quotes
.RB ( \(dq30s\(dq ),
a size a number of bytes, or in quotes with k or M
.RB ( \(dq64k\(dq ).
Paths are relative to the folder of the configuration.
A list with one member may be written as the member.
Every table below is a key's value; everything has a default unless it says that it must be there.]]

local facts = [[
.SH FACTS
What policies, persistence and routes can read of every plugin:]]

local policy_head = [[
.SH "POLICIES THAT COME WITH THE GATEWAY"
In a listener, policies = { \(dqNAME\(dq }, or with options: policies = { { \(dqNAME\(dq, OPTION = VALUE } }.
.BR lychgate\-policy (7)
tells how they are asked and how to write one.]]

local tail = [[
.SH FILES
Examples with comments are in the folder
.I examples
beside the gateway's scripts.
.SH SEE ALSO
.BR lychgate (8),
.BR lychctl (1),
.BR lychgate\-policy (7),
.BR lychgate\-plugin (3),
.BR lychgate\-network (7),
.BR lychgate\-sip (7),
.BR lychgate\-https (7)]]

-- A name with a slash is a policy's, any other a plugin's; plugins come first.
return function(host, arguments)
  local policies
  line('.\\" Made from the tables that the gateway reads: a change belongs there.')
  line(head)
  for _, word in ipairs(words) do
    line(string.format('.SH "%s%s"', word.word:upper(), word.named and ' \\(dqNAME\\(dq' or ""))
    paragraph(sentence(word.help))
    keys(word.keys, word.word)
  end
  line(facts)
  paragraph(table.concat(host.core_facts, ", ") .. ".")
  for _, name in ipairs(arguments) do
    if not name:find("/") then
      plugin(host, name)
    else
      if not policies then line(policy_head) end
      policies = true
      policy(host, name)
    end
  end
  line(tail)
  host.write(table.concat(out, "\n") .. "\n")
  return 0
end
