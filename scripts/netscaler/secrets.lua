-- SPDX-License-Identifier: Apache-2.0
-- secrets.lua: what of a line must not be shown: passwords and keys, clear or encrypted, by the options and places that
-- hold them.

local secrets = {}

local names = {
  "password", "passwd", "passcrypt", "passplain", "passphrase", "secret", "radkey", "keyvalue", "authkey", "scriptargs",
  "community",
}

-- Words behind which a secret follows without an option, and how many words are between.
local places = {
  ["system user"] = 1, ["snmp community"] = 0, ["ns rpcnode"] = 1, ["aaa user"] = 1,
}

-- Is the value of this option a secret, or may it hold one?
function secrets.is_option(name)
  local lower = name:lower()
  for _, part in ipairs(names) do
    if lower:find(part, 1, true) then return true end
  end
  return false
end

local function is_option(word) return word ~= nil and not word.quoted and word.text:find("^%-%a") ~= nil end

-- Which words of a line are secrets, by their numbers.
local function hidden(words)
  local set = {}
  local object = words[3] and words[2].text .. " " .. words[3].text or ""
  local place = places[object:lower()]
  if place and words[4 + place] and not is_option(words[4 + place]) then set[4 + place] = true end
  for i, word in ipairs(words) do
    if is_option(word) and secrets.is_option(word.text) and words[i + 1] and not is_option(words[i + 1]) then
      set[i + 1] = true
    elseif is_option(word) and word.text:lower() == "-encrypted" and not is_option(words[i - 1]) then
      set[i - 1] = true
    elseif word.text:lower():find("authorization", 1, true) and word.quoted then
      set[i] = true
    end
  end
  return set
end

-- A line that cannot be read as words: nothing behind the first name of a secret.
local function cut(text)
  local lower, first = text:lower(), nil
  for _, part in ipairs(names) do
    local _, last = lower:find(part, 1, true)
    if last and (not first or last < first) then first = last end
  end
  for place in pairs(places) do
    local _, last = lower:find(place:gsub(" ", "%%s+"))
    if last and (not first or last < first) then first = last end
  end
  return first and text:sub(1, first) .. " ***" or text
end

-- The text of a line without its secrets.
function secrets.hide(line)
  if not line.words then return cut(line.text) end
  local text, parts, from, set = line.text, {}, 1, hidden(line.words)
  if not next(set) then return text end
  for i, word in ipairs(line.words) do
    if set[i] then
      parts[#parts + 1] = text:sub(from, word.first - 1) .. "***"
      from = word.last + 1
    end
  end
  return table.concat(parts) .. text:sub(from)
end

return secrets
