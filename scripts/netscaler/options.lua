-- SPDX-License-Identifier: Apache-2.0
-- options.lua: the options of ns.conf's commands, as data; what is not here is told as unknown.
--
-- Of an option:
--   n         how many words follow it: 1 unless it says otherwise, "any" up to the next option
--   default   what NetScaler takes when ns.conf is silent
--   neutral   values that ask for nothing but what the gateway does anyway
--   harmless  why nobody misses it; NO, OFF and DISABLED are neutral then
--   silent    true: nothing is lost, whatever it says
--   meant     what it would have done
--   secret    its value is not to be shown

local TUNING = "tuning inside the appliance"
local REPORTING = "a report of the appliance's, not traffic"

local SLOW_START = "a slow start counted in requests; give the pool slow_start, a time"

local function rows(list)
  local by_name = {}
  for _, row in ipairs(list) do by_name[row[1]:lower()] = row end
  return by_name
end

local function with(base, list)
  local all = rows(list)
  for name, row in pairs(base) do all[name] = all[name] or row end
  return all
end

local options = { rows = rows, with = with }

options.common = rows {
  { "comment", silent = true }, { "appflowLog", harmless = REPORTING },
  { "td", neutral = "0", meant = "a traffic domain" },
  { "devno", silent = true }, { "gslb", neutral = "NONE", meant = "global balancing" },
  { "state", default = "ENABLED", neutral = "ENABLED", meant = "the state" },
}

options.service = with(options.common, {
  { "maxClient", default = "0" }, { "maxReq", neutral = "0", meant = "requests of one connection to a server at most" },
  { "maxBandwidth", neutral = "0", meant = "a limit of bandwidth" }, { "cip", n = 2, default = "DISABLED" },
  { "usip", default = "NO" }, { "useproxyport", silent = true },
  { "pathMonitor", neutral = "NO", meant = "a monitor of the path" },
  { "pathMonitorIndv", neutral = "NO", meant = "a monitor of the path" },
  { "sp", neutral = "OFF", meant = "surge protection" }, { "rtspSessionidRemap", neutral = "OFF", meant = "RTSP" },
  { "cltTimeout" }, { "svrTimeout" }, { "CKA", harmless = "keep-alive of clients, which the gateway has anyway" },
  { "TCPB", harmless = TUNING .. ": TCP buffering" }, { "CMP", neutral = "NO", meant = "compression of answers" },
  { "cacheable", neutral = "NO", meant = "a cache" }, { "healthMonitor", default = "YES" },
  { "monThreshold", neutral = "0", meant = "the sum of monitors' weights that counts as up" },
  { "downStateFlush", default = "ENABLED" },
  { "tcpProfileName", harmless = TUNING .. ": a profile of TCP" }, { "httpProfileName", meant = "a profile of HTTP" },
  { "netProfile", meant = "the address that server links come from" },
  { "accessDown", neutral = "NO", meant = "traffic to servers that are down" },
  { "CustomServerID", neutral = "None", meant = "an identity for persistence by it" },
  { "hashId", meant = "an identity for hashes" },
  { "serverID", meant = "an identity for persistence" }, { "weight" },
  { "autoScale", neutral = "DISABLED", meant = "members that come and go" },
  { "memberPort", meant = "the port of members that come and go" },
  { "trofsPersistence", neutral = "ENABLED", meant = "who belongs to a server that is drained" },
  { "monConnectionClose", neutral = "NONE", harmless = "how a probe ends" }, { "processLocal", harmless = TUNING },
  { "port" }, { "delay", harmless = "time to drain at a change of state" },
  { "graceFul", harmless = "drains at a change of state" },
})

options.monitor = with(options.common, {
  { "interval", n = 2, default = "5" }, { "resptimeout", n = 2, default = "2" }, { "downTime", n = 2, default = "30" },
  { "retries", default = "3" }, { "failureRetries", neutral = "0", meant = "so many of the last tries have to fail" },
  { "successRetries", default = "1" }, { "alertRetries", harmless = REPORTING },
  { "snmpAlertRetries", harmless = REPORTING },
  { "destIP", neutral = "0.0.0.0|0.0.0.0 0", meant = "another machine is asked" }, { "destPort" },
  { "reverse", default = "NO" },
  { "LRTM", harmless = "measures answers for the method LRTM" }, { "secure", default = "NO" }, { "send" }, { "recv" },
  { "httpRequest" }, { "respCode", n = "any" }, { "customHeaders" }, { "sipMethod", default = "OPTIONS" }, { "sipURI" },
  { "sipregURI", meant = "whom REGISTER names" }, { "maxForwards", default = "1" },
  { "scriptName", meant = "a script" },
  { "scriptArgs", meant = "a script" }, { "userName", meant = "a user to sign in" },
  { "password", meant = "a secret: key to re-enter", secret = true },
  { "encrypted", n = 0, meant = "a secret that cannot be read: key to re-enter" },
  { "encryptmethod", harmless = "how the secret is kept" }, { "deviation", neutral = "0", meant = "LRTM" },
  { "transparent", neutral = "NO", meant = "probes through a transparent device" },
  { "tos", neutral = "NO", meant = "probes with a type of service" },
  { "ipTunnel", neutral = "NO", meant = "probes through a tunnel" },
  { "netProfile", meant = "the address that probes come from" },
  { "sslProfile", meant = "a profile of TLS" },
})

options.vserver = with(options.common, {
  { "range", default = "1" }, { "IPPattern", meant = "a pattern of addresses" },
  { "IPMask", meant = "a pattern of addresses" },
  { "persistenceType", default = "NONE" }, { "timeout", default = "2" }, { "persistenceBackup", default = "NONE" },
  { "backupPersistenceTimeout", default = "2" }, { "lbMethod", default = "LEASTCONNECTION" },
  { "backupLBMethod", harmless = "what a method falls back to" },
  { "hashLength", harmless = "hashes here take all of the text" },
  { "netmask", default = "255.255.255.255" }, { "v6netmasklen", default = "128" },
  { "persistMask", default = "255.255.255.255" },
  { "v6persistmasklen", default = "128" }, { "cookieName" }, { "rule" },
  { "resRule", meant = "persistence by a fact of the answer" },
  { "Listenpolicy", neutral = "None|NONE", meant = "only some of the traffic" },
  { "listenPriority", harmless = "of use with a listen policy" },
  { "m", neutral = "IP", meant = "servers reached past routing" },
  { "connfailover", neutral = "DISABLED", meant = "connections go on in the other appliance" }, { "cltTimeout" },
  { "soMethod", neutral = "NONE", meant = "spillover" }, { "soThreshold", meant = "spillover" },
  { "soPersistence", neutral = "DISABLED", meant = "spillover" },
  { "soPersistenceTimeOut", harmless = "of use with spillover" }, { "soBackupAction", meant = "spillover" },
  { "backupVServer" },
  { "disablePrimaryOnDown", neutral = "DISABLED", meant = "the backup keeps what it has" },
  { "downStateFlush", neutral = "ENABLED", meant = "connections of a server that is down go on" },
  { "insertVserverIPPort", neutral = "OFF", meant = "a header with the virtual server's address" },
  { "vipHeader", harmless = "of use with insertVserverIPPort" },
  { "redirectURL", meant = "where clients are sent while all servers are down" },
  { "redirectFromPort", meant = "a second port that redirects to this one" },
  { "httpsRedirectUrl", meant = "where that port redirects to" },
  { "redirectPortRewrite", neutral = "DISABLED", meant = "ports in redirects of the servers" },
  { "tcpProfileName", harmless = TUNING .. ": a profile of TCP" }, { "httpProfileName", meant = "a profile of HTTP" },
  { "dbProfileName", meant = "a profile of a database" },
  { "netProfile", meant = "the address that server links come from" },
  { "healthThreshold", neutral = "0", meant = "how many servers have to be up" },
  { "sessionless", neutral = "DISABLED", meant = "packets without sessions" },
  { "pq", neutral = "OFF", meant = "priorities" }, { "sc", neutral = "OFF", meant = "a queue ahead of servers" },
  { "rtspNat", neutral = "OFF", meant = "RTSP" },
  { "newServiceRequest", n = 2, meant = SLOW_START }, { "newServiceRequestIncrementInterval", meant = SLOW_START },
  { "icmpVsrResponse", harmless = "answers to ping are the system's" },
  { "RHIstate", harmless = "routing is the system's" },
  { "authentication", neutral = "OFF", meant = "users sign in at the appliance" },
  { "authn401", neutral = "OFF", meant = "users sign in at the appliance" },
  { "authnVsName", meant = "users sign in at the appliance" },
  { "authnProfile", meant = "users sign in at the appliance" },
  { "push", neutral = "DISABLED", meant = "push" }, { "cacheable", neutral = "NO", meant = "a cache" },
  { "minAutoscaleMembers", harmless = "of use with members that come and go" },
  { "dataLength", meant = "where TOKEN looks" },
  { "dataOffset", meant = "where TOKEN looks" }, { "macmodeRetainvlan", harmless = "of use with -m MAC" },
  { "trofsPersistence", neutral = "ENABLED", meant = "who belongs to a server that is drained" },
  { "bypassAAAA", harmless = "of DNS" },
  { "tosId", meant = "servers told by a type of service" }, { "probePort", harmless = "for other balancers" },
  { "probeProtocol", harmless = "for other balancers" },
})

options.switch = with(options.vserver, {
  { "caseSensitive", harmless = "hosts and paths of routes match capitals and small letters alike" },
  { "precedence", neutral = "RULE", meant = "the order of URL policies" },
  { "targetType", meant = "global balancing" }, { "stateupdate", harmless = "whether it shows as down" },
  { "dnsRecordType", meant = "global balancing" }, { "ttl", meant = "global balancing" },
})

options.bound = rows {
  { "weight" }, { "policyName" }, { "priority", silent = true },
  { "gotoPriorityExpression", neutral = "END|NEXT", meant = "which policy is asked next" },
  { "type", silent = true },
  { "invoke", n = 2, meant = "another list of policies is asked" },
  { "labelType", meant = "another list of policies" }, { "labelName", meant = "another list of policies" },
  { "order", neutral = "1", meant = "servers that come after others" }, { "serviceGroupName" },
}

options.member = with(options.service, {
  { "monitorName" }, { "monState", default = "ENABLED" },
  { "passive", n = 0, meant = "a monitor that does not count" },
  { "policyName", meant = "a policy of the service" } })

options.switched = with(options.bound, { { "lbvserver" }, { "vServer" }, { "targetLBVserver" } })

options.tls = rows {
  { "ssl3", default = "DISABLED" }, { "tls1", default = "ENABLED" }, { "tls11", default = "ENABLED" },
  { "tls12", default = "ENABLED" },
  { "tls13", harmless = "TLS 1.3 is always spoken" }, { "clientAuth", default = "DISABLED" },
  { "clientCert", default = "Mandatory" },
  { "SNIEnable", neutral = "ENABLED", harmless = "certificates are always chosen by name" },
  { "sessReuse", default = "ENABLED" },
  { "sessTimeout", harmless = "sessions are resumed for four hours at most" },
  { "sessionTicket", harmless = "see -sessReuse" },
  { "sessionTicketLifeTime", harmless = "sessions are resumed for four hours at most" }, { "sslProfile" }, { "HSTS" },
  { "maxage", default = "0" },
  { "IncludeSubdomains" }, { "preload" }, { "serverAuth", default = "DISABLED" }, { "commonName" },
  { "dh", harmless = "keys are agreed on over curves" }, { "dhFile", harmless = "keys are agreed on over curves" },
  { "dhCount", harmless = "keys are always new" },
  { "dhKeyExpSizeLimit", harmless = TUNING }, { "eRSA", harmless = "export ciphers are not spoken" },
  { "eRSACount", harmless = "export ciphers are not spoken" },
  { "cipherRedirect", neutral = "DISABLED", meant = "where clients with weak ciphers are sent" },
  { "cipherURL", meant = "where clients with weak ciphers are sent" },
  { "sslv2Redirect", harmless = "SSL 2 is not spoken" },
  { "ssl2", neutral = "DISABLED", meant = "SSL 2 does not exist here" },
  { "sslRedirect", neutral = "DISABLED", meant = "redirects of the servers are changed to https" },
  { "redirectPortRewrite", neutral = "DISABLED", meant = "ports in redirects of the servers" },
  { "ocspStapling", neutral = "DISABLED", meant = "an OCSP answer goes with the certificate" },
  { "denySSLReneg", harmless = "clients cannot renegotiate" },
  { "pushEncTrigger", harmless = TUNING }, { "pushEncTriggerTimeout", harmless = TUNING },
  { "pushFlag", harmless = TUNING },
  { "quantumSize", harmless = TUNING }, { "encryptTriggerPktCount", harmless = TUNING },
  { "sendCloseNotify", neutral = "YES", meant = "links end without close_notify" },
  { "strictCAChecks", harmless = "chains are always checked whole" },
  { "sslProfileType", harmless = "front or back shows where it is used" },
  { "nonFipsCiphers", neutral = "DISABLED", meant = "ciphers" },
  { "zeroRttEarlyData", neutral = "DISABLED", meant = "early data" },
  { "strictSigDigestCheck", harmless = "signatures are always checked" },
  { "insertionEncoding", harmless = "of headers with certificates" },
}

options.certificate = rows {
  { "certkeyName" }, { "CA", n = 0 }, { "crlCheck" },
  { "ocspCheck", neutral = "Optional", meant = "certificates of clients are asked of an OCSP responder" },
  { "skipCAName", n = 0, harmless = "the names of authorities are sent to clients" }, { "SNICert", n = 0 },
  { "cipherName" }, { "eccCurveName" }, { "policyName", meant = "a policy of TLS" },
  { "priority", meant = "a policy of TLS" },
  { "type", meant = "a policy of TLS" }, { "cipherPriority", harmless = "the order of ciphers" },
}

options.key = rows {
  { "cert" }, { "key" }, { "password", secret = true }, { "passcrypt", secret = true }, { "passplain", secret = true },
  { "encrypted", n = 0, secret = true }, { "encryptmethod", harmless = "how the secret is kept" },
  { "inform", default = "PEM" },
  { "bundle", harmless = "the file may always hold a chain" }, { "expiryMonitor", harmless = REPORTING },
  { "notificationPeriod", harmless = REPORTING }, { "fipsKey", meant = "a key inside the appliance: key to re-enter" },
  { "hsmKey", meant = "a key inside a module: key to re-enter" }, { "linkCertKeyName" },
  { "deleteFromDevice", harmless = "of the appliance" },
}

options.rule = with(options.common, {
  { "rule" }, { "action" }, { "url" }, { "domain" },
  { "undefAction", harmless = "conditions here always have a result" },
  { "logAction", harmless = REPORTING }, { "responseStatusCode", default = "302" }, { "reasonPhrase" },
  { "bypassSafetyCheck", harmless = "a check of the appliance's" }, { "search", meant = "replaces parts of a text" },
  { "pattern", meant = "replaces parts of a text" },
  { "refineSearch", meant = "replaces parts of a text" }, { "targetLBVserver" }, { "targetVserver" },
  { "targetVserverExpr", meant = "a virtual server by an expression" },
})

options.http_profile = rows {
  { "dropInvalReqs", harmless = "what is no HTTP is always refused" },
  { "markHttp09Inval", harmless = "HTTP 0.9 is not spoken" }, { "markConnReqInval", harmless = "CONNECT is refused" },
  { "markTraceReqInval", neutral = "DISABLED", meant = "TRACE is refused: a policy can" },
  { "markRfc7230NonCompliantInval", harmless = "what is no HTTP is always refused" },
  { "markHttpHeaderExtraWSError", harmless = "what is no HTTP is always refused" },
  { "cmpOnPush", harmless = "answers are not compressed" },
  { "conMultiplex", neutral = "ENABLED",
    harmless = "links on which a user signed in are never shared, others may be" },
  { "maxReusePool", harmless = "see a pool's limits" }, { "webSocket", harmless = "websockets always pass" },
  { "http2", neutral = "DISABLED", meant = "HTTP/2" }, { "http2Direct", neutral = "DISABLED", meant = "HTTP/2" },
  { "reqTimeout", neutral = "0", meant = "how long a request may take" },
  { "adptTimeout", neutral = "DISABLED", meant = "how long a request may take" },
  { "dropExtraCRLF", harmless = TUNING }, { "dropExtraData", harmless = TUNING },
  { "incompHdrDelay", harmless = TUNING }, { "clientIpHdrExpr", meant = "where the client's address is read" },
  { "altsvc", neutral = "DISABLED", meant = "HTTP/3" },
  { "weblog", harmless = REPORTING }, { "persistentETag", harmless = "of a cache" },
  { "rtspTunnel", neutral = "DISABLED", meant = "RTSP" }, { "spdy", neutral = "DISABLED", meant = "SPDY" },
  { "comment", silent = true },
}

options.param = rows {
  { "timezone", harmless = "of the appliance's clock" }, { "cookieversion", harmless = "cookies are written for both" },
  { "cip", n = 2, neutral = "DISABLED", meant = "a header with the client's address, for all services" },
  { "httpPort", n = "any", meant = "ports on which HTTP is looked for" },
  { "maxConn", neutral = "0", meant = "connections to a server at most, for all services" },
  { "maxReq", neutral = "0", meant = "requests of one connection to a server at most" },
  { "securecookie", harmless = "cookies of persistence on TLS are Secure" }, { "useproxyport", silent = true },
  { "pmtuMin", harmless = TUNING }, { "pmtuTimeout", harmless = TUNING }, { "crPortRange", harmless = TUNING },
  { "ftpPortRange", harmless = TUNING }, { "internaluserlogin", harmless = "management of the appliance" },
  { "grantQuotaMaxClient", harmless = TUNING }, { "exclusiveQuotaMaxClient", harmless = TUNING },
  { "grantQuotaSpillOver", harmless = TUNING }, { "exclusiveQuotaSpillOver", harmless = TUNING },
  { "tcpCIP", neutral = "DISABLED", meant = "the client's address in an option of TCP" },
  { "proxyProtocol", neutral = "DISABLED", meant = "a PROXY header" },
  { "advancedAnalyticsStats", harmless = REPORTING },
}

local IDLE = "idle times for all virtual servers; give listeners limits.idle"

options.timeout = rows {
  { "zombie", harmless = TUNING }, { "halfclose", harmless = TUNING }, { "nontcpZombie", harmless = TUNING },
  { "reducedFinTimeout", harmless = TUNING }, { "reducedRstTimeout", harmless = TUNING },
  { "newConnIdleTimeout", harmless = TUNING },
  { "client", meant = IDLE }, { "server", meant = IDLE },
  { "httpClient", meant = IDLE }, { "httpServer", meant = IDLE },
  { "tcpClient", meant = IDLE }, { "tcpServer", meant = IDLE }, { "anyClient", meant = IDLE },
  { "anyServer", meant = IDLE }, { "anyTcpClient", meant = IDLE }, { "anyTcpServer", meant = IDLE },
}

options.group = rows {
  { "persistenceType", default = "NONE" }, { "timeout", default = "2" }, { "persistenceBackup", default = "NONE" },
  { "backupPersistenceTimeout", default = "2" }, { "persistMask", default = "255.255.255.255" },
  { "v6persistmasklen", default = "128" },
  { "cookieName" }, { "rule" }, { "cookieDomain", meant = "the domain of the cookie" },
  { "useVserverPersistency", neutral = "DISABLED", meant = "each member's own persistence" },
}

return options
