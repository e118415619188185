// The script of a Zabbix media type of the type Webhook (Alerts > Media types > Create media type).
// Its parameters, names on the left, macros on the right:
//   url              https://replcheck.example/hooks/zabbix
//   token            the secret of the hook, from a secret user macro: {$REPLCHECK_TOKEN}
//   job              {EVENT.TAGS.job}
//   event_id         {EVENT.ID}
//   event_value      {EVENT.VALUE}
//   event_name       {EVENT.NAME}
//   event_severity   {EVENT.SEVERITY}
//   event_tags       {EVENT.TAGSJSON}
//   host             {HOST.NAME}
//   message          {EVENT.OPDATA}
//   started          {EVENT.DATE} {EVENT.TIME}
//   finished         {EVENT.RECOVERY.DATE} {EVENT.RECOVERY.TIME}
// In the action, add recovery operations too: they say that the job has gone through.
var params = JSON.parse(value);

function moment(text) {
    // Zabbix writes 2026.11.22 03:10:00 on the server's own clock; outside of a recovery the
    // macros stay as they are.
    var parts = /^(\d{4})\.(\d\d)\.(\d\d) (\d\d):(\d\d):(\d\d)$/.exec(text);
    if (!parts) { return ''; }
    return new Date(+parts[1], parts[2] - 1, +parts[3], +parts[4], +parts[5], +parts[6]).toISOString();
}

var event = {
    event_id: params.event_id,
    event_value: params.event_value,
    event_name: params.event_name,
    event_severity: params.event_severity,
    host: params.host,
    job: params.job,
    message: params.message,
    started: moment(params.started),
    finished: moment(params.finished)
};
try { event.event_tags = JSON.parse(params.event_tags); } catch (error) { event.event_tags = []; }

var request = new HttpRequest();
request.addHeader('Content-Type: application/json');
request.addHeader('Authorization: Bearer ' + params.token);
var answer = request.post(params.url, JSON.stringify(event));
if (request.getStatus() !== 202) {
    throw 'replcheck did not take the event: ' + request.getStatus() + ' ' + answer;
}
return answer;
