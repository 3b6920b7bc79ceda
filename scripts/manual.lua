-- SPDX-License-Identifier: Apache-2.0
-- manual.lua: lychgate.conf(5) as roff, made from what the gateway itself reads: words.lua, the plugins' tables, the
-- policies' options.  The makefile runs it: lychgate --manual PLUGIN... POLICY...

local context = use "context"
local tool = use "tool"
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
  name = "name", file = "file", folder = "folder", list = "list", table = "table", word = "name of a word",
  server = "server", monitor = "table", bind = "address", policy = "policy", options = "table", vip = "address",
  hosts = "table of servers",
  certificate = "table, or name of a `tls`",
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
  return (text:find("^%w+:") and text or text:sub(1, 1):upper() .. text:sub(2)) .. "."
end

-- One key with its type, its help and its default.
-- `as` is the title of a part that has its keys already.
local function key(spec, as)
  line(".TP")
  line(string.format('.BR "%s" " (%s%s%s)"', spec.key == 1 and "[1]" or spec.key, argument(type_of(spec)),
    argument(range_of(spec)), spec.off and " or false" or ""))
  paragraph(sentence(spec.help))
  local default = default_of(spec)
  if default then paragraph(default) end
  if as then paragraph("Its keys are those of " .. as .. ".") end
end

local function nested(spec)
  return spec.type == "list" and spec.of.keys or spec.keys
end

-- The parts that have been written, by their tables of keys.
local titles = {}

-- The keys of a word, then each table that is one of them; words that share a table have it once.
local function keys(list, path)
  local parts = {}
  for _, spec in ipairs(list) do
    local own = nested(spec)
    if not spec.later then
      key(spec, titles[own or false])
      if own and not titles[own] then
        titles[own] = spec.key .. " of " .. path
        parts[#parts + 1] = own
      end
    end
  end
  for _, own in ipairs(parts) do
    line(string.format('.SS "%s"', plain(titles[own])))
    keys(own, titles[own])
  end
end

local option_types = {
  bool = "true or false", int = "whole number", msec = "time", bytes = "size", str = "text", ports = "ports",
  nets = "list of networks",
  routes = "list of routes",
}

-- A bound as a user would write it: the tables of plugins have milliseconds and bytes.
local function unit_of(n, units)
  for _, unit in ipairs(units) do
    if n ~= 0 and n % unit[1] == 0 then return n // unit[1] .. unit[2] end
  end
  return tostring(n)
end
local ms = { { 3600000, "h" }, { 60000, "m" }, { 1000, "s" }, { 1, "ms" } }
local bytes = { { 1048576, "M" }, { 1024, "k" } }
local units = { int = {}, msec = ms, bytes = bytes }

local function option_type(o)
  if o.type == "enum" then return '"' .. table.concat(o.choices, '", "') .. '"' end
  local u = units[o.type]
  if not u or o.min == nil or (o.min == 0 and o.max == 0) then return option_types[o.type] end
  return string.format("%s, %s to %s", option_types[o.type], unit_of(o.min, u), unit_of(o.max, u))
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

-- What tells of a plugin more than its tables do.
local manuals = { https = "lychgate-https(7)", rpc = "lychgate-network(7)", sip = "lychgate-sip(7)",
  stun = "lychgate-network(7)",
  tcp = "lychgate-network(7)" }

local function plugin(host, name, folders)
  local p, reason = host.plugin(name, folders)
  if not p then error(name .. ": " .. reason, 0) end
  line('.SH "PLUGIN ' .. plain(name:upper()) .. '"')
  paragraph(sentence(p.summary))
  names("Facts for policies, persistence and routes, beside those of every plugin", p.facts)
  if p.persistence then
    paragraph("Where a pool's `persistence` does not say by what, it is by " .. p.persistence .. ".")
  end
  names("Counters in lychctl status", p.counters)
  if manuals[name] then paragraph("More about it: " .. manuals[name] .. ".") end
  options("Options of a listener with " .. name, p.options)
  options("Keys of a monitor with " .. name, p.probe_options)
end

-- ---- Policies ----

local kinds = { string = "text", number = "number", boolean = "true or false", duration = "time",
  pool = "name of a `pool`", header = "text or false" }
local many = { string = "texts", number = "numbers", boolean = "true or false", duration = "times",
  pool = "names of a `pool`", header = "texts or false" }

local function bounds_of(o)
  if o.choices then return ': "' .. table.concat(o.choices, '", "') .. '"' end
  if o.min and o.max then return string.format(", %.14g to %.14g", o.min, o.max) end
  return ""
end

local function kind_of(o)
  if o.type == "list" then return "list of " .. many[o.of] .. bounds_of(o) end
  if o.type == "map" then return "table: " .. (o.networks and "networks" or "names") .. " and " .. many[o.of] end
  if o.choices then return '"' .. table.concat(o.choices, '", "') .. '"' end
  return kinds[o.type] .. bounds_of(o)
end

-- The text of a default, { [1] = "source", }, as a user would write it; nil: nothing.
local function shown(def)
  local text = def:gsub("%[%d+%] = ", ""):gsub(", }$", " }")
  return text ~= "{ }" and text or nil
end

-- What the policy's file begins with: its comment, whose indented lines are an example.
local function comment(host, file)
  local example = false
  local text = host.read(file)
  for row in (text or ""):gmatch("([^\n]*)\n") do
    local said = row:match("^%-%- ?(.*)$")
    if not said then break end
    local indented = said:match("^    (.*)$") or said:match("^  (.*)$")
    if said:find("^SPDX") then goto next end
    if (indented ~= nil) ~= example then line(example and ".RE\n.fi" or ".nf\n.RS") end
    example = indented ~= nil
    if said == "" then line(".PP") else line(plain(indented or said)) end
    ::next::
  end
  if example then line(".RE\n.fi") end
end

local function policy_option(o)
  line(".TP")
  line(string.format('.BR "%s" " (%s)"', argument(o.name), argument(kind_of(o))))
  paragraph(sentence(o.help or "see the policy's file"))
  local def = o.def and shown(o.def)
  if o.required then paragraph("It must be there.") elseif def then paragraph("Default: " .. def .. ".") end
end

-- Its file in the first folder that has it; in the last one, if none has, for the reason.
local function find_policy(host, name, folders)
  local file
  for _, folder in ipairs(folders) do
    file = folder .. "/" .. name .. ".lua"
    if host.readable(file, "file") then break end
  end
  return file
end

local function policy(host, name, folders)
  local file = find_policy(host, name, folders)
  local p, reason = host.policy(file)
  if not p then error(reason, 0) end
  line('.SS "' .. plain(name) .. '"')
  comment(host, file)
  line(".PP")
  paragraph(#p.plugins > 0 and "For listeners with " .. table.concat(p.plugins, " or ") .. "." or "For any plugin.")
  if #p.reads > 0 then
    paragraph("It reads " .. table.concat(p.reads, ", ") .. ".")
  elseif p.reads_by_options then
    paragraph("What it reads depends on its options.")
  end
  for _, o in ipairs(p.options) do policy_option(o) end
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
After
.B include \(dqlync\(dq
there are words for whole pools of Lync Server and Skype for Business:
.BR lychgate\-lync (7).
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
A name is of letters, digits and . _ \- : @.
Paths are relative to the folder of the configuration.
A list with one member may be written as the member.
What is below is a key, with what it may be in parentheses; keys of a table are in a part of their own.
Without \(lqIt must be there\(rq a key may be left out; what that means is its default, and where none is told: nothing.
.PP
The file is read once, at the start: a change takes effect when the gateway is started again.]]

local facts = [[
.SH FACTS
A fact is a text that a request, or the link that it came by, has or has not.
Policies read it, persistence keeps servers by it, routes compare it.
Every plugin has these:]]

local routes = [[
.SH ROUTES
The option
.B routes
of some plugins says where a request goes, before policies are asked: a list of rows, each with facts, a pattern for
each, and a pool.
.PP
.nf
.RS
routes = { { host = "meet.*", path = "/x/", pool = "meetings" }, { host = "owa.corp.example", pool = "mail" } }
.RE
.fi
.PP
\(dqname\(dq is that name, \(dq*.example\(dq all that ends so, \(dqmeet.*\(dq all that begins so, \(dq/folder/\(dq
what is below it; case does not matter.
All patterns of a row must fit.
Of rows that fit, exact names win over stars and long paths over short ones, whatever their order.
What fits no row goes to the listener's
.BR pool .]]

local about = {
  alpn = "the application protocols that the client offers inside TLS, joined by commas",
  listener = "the listener's name",
  side = '"client" or "server": who sends the request',
  sni = "the host name that the client asks for in TLS",
  source = "the client's address, without port; behind a proxy that tells, the address that it names",
  ["tls.subject"] = "the subject of the peer's certificate, if that was verified",
  transport = '"tcp", "tls" or "udp": how the request came',
  trusted = '"true" if the client\'s certificate was verified and bears one of `peers`, else "false"',
}

local policy_head = [[
.SH "POLICIES THAT COME WITH THE GATEWAY"
In a listener, policies = { \(dqNAME\(dq }, or with options: policies = { { \(dqNAME\(dq, OPTION = VALUE } }.
.BR lychgate\-policy (7)
tells how they are asked and how to write one.]]

local tail = [[
.SH FILES
.TP
.I @pkgdatadir@/scripts/examples
Configurations with comments; a unit for systemd.
.TP
.I @pkgdatadir@/policies
The policies above, each with its comment.
.SH SEE ALSO
.BR lychgate (8),
.BR lychctl (1),
.BR lychgate\-policy (7),
.BR lychgate\-plugin (3),
.BR lychgate\-lync (7),
.BR lychgate\-network (7),
.BR lychgate\-sip (7),
.BR lychgate\-https (7)]]

-- Where plugins and policies are: in `folder`, in what the configuration in `file` names, then the gateway's own.
-- Other mistakes of the file do not matter; nil: it has no such folders, which was told.
local function find_folders(host, file, folder)
  local plugins, policies = folder ~= "" and { folder } or {}, {}
  if file ~= "" then
    local clean, problems = tool.read(host, file)
    local mine = {}
    for _, p in ipairs(problems or {}) do
      if p.text:find("^gateway: %a+_path") then mine[#mine + 1] = p end
    end
    if not clean or tool.tell(host, file, mine) then return nil end
    plugins = context.join(plugins, clean.gateway.plugin_path or {})
    policies = clean.gateway.policy_path or {}
  end
  return context.join(plugins, { host.plugins }), context.join(policies, { host.policies })
end

-- The arguments: a configuration, a folder with plugins (both may be ""), and names.  A name with a slash is a
-- policy's, any other a plugin's; plugins come first.
return function(host, arguments)
  local plugin_path, policy_path = find_folders(host, table.remove(arguments, 1), table.remove(arguments, 1))
  if not plugin_path then return 1 end
  if arguments[1] == "library" then
    use(arguments[2] .. "_manual") { line = line, plain = plain, paragraph = paragraph, sentence = sentence,
      keys = keys }
    host.write(table.concat(out, "\n") .. "\n")
    return 0
  end
  local policies
  table.sort(host.core_facts)
  line('.\\" Made from the tables that the gateway reads: a change belongs there.')
  line(head)
  for _, word in ipairs(words) do
    line(string.format('.SH "%s%s"', word.word:upper(), word.named and ' \\(dqNAME\\(dq' or ""))
    paragraph(sentence(word.help))
    keys(word.keys, word.word)
  end
  line(facts)
  for _, fact in ipairs(host.core_facts) do
    line(".TP")
    line(".B " .. plain(fact))
    paragraph(sentence(assert(about[fact], fact)))
  end
  line(routes)
  for _, name in ipairs(arguments) do
    if not name:find("/") then
      plugin(host, name, plugin_path)
    else
      if not policies then line(policy_head) end
      policies = true
      policy(host, name, policy_path)
    end
  end
  line(tail)
  host.write(table.concat(out, "\n") .. "\n")
  return 0
end
