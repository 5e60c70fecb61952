{{- define "waystation.name" -}}
{{- printf "%s" .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "waystation.labels" -}}
app.kubernetes.io/name: waystation
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "waystation.secret" -}}
{{- default (printf "%s-secrets" (include "waystation.name" .)) .Values.existingSecret -}}
{{- end -}}

{{- define "waystation.pod" -}}
automountServiceAccountToken: false
{{- with .Values.image.pullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 1000
  runAsGroup: 1000
  fsGroup: 1000
  seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{- define "waystation.container" -}}
image: "{{ .root.Values.image.repository }}:{{ .root.Values.image.tag }}"
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
command: [node, {{ if eq .component "rendezvous" }}--max-semi-space-size=8, {{ end }}services/{{ .component }}/dist/main.js]
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
resources: {{ toYaml .service.resources | nindent 2 }}
startupProbe:
  httpGet: { path: /readyz, port: ops }
  periodSeconds: 2
  failureThreshold: 60
readinessProbe:
  # clients stay where they are while Redis is away: all replicas would be left at once
  httpGet: { path: {{ ternary "/serving" "/readyz" (has .component (list "rendezvous" "relay")) }}, port: ops }
  periodSeconds: 5
  timeoutSeconds: 4
livenessProbe:
  httpGet: { path: /healthz, port: ops }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
{{- end -}}

{{- define "waystation.env" -}}
- name: REDIS_URL
  valueFrom: { secretKeyRef: { name: {{ include "waystation.secret" .root }}, key: redis-url } }
- name: METRICS_TOKEN
  valueFrom: { secretKeyRef: { name: {{ include "waystation.secret" .root }}, key: metrics-token, optional: true } }
- name: POD_IP
  valueFrom: { fieldRef: { fieldPath: status.podIP } }
- { name: OPS_BIND, value: "0.0.0.0" }
- { name: OPS_PORT, value: "{{ .opsPort }}" }
- { name: OPS_ADVERTISE, value: "$(POD_IP)" }
- { name: RUN_DIR, value: /tmp }
- { name: WAYSTATION_HOST, value: {{ required "host: the public name of this server" .root.Values.host | quote }} }
{{- range $name, $value := merge (dict) .service.settings .root.Values.settings }}
- { name: {{ $name }}, value: {{ $value | quote }} }
{{- end }}
{{- end -}}
