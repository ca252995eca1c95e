// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "lv2_host_parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

rv_port *rv_host_port(const rv_host *host, const char *symbol)
{
  for (uint32_t i = 0; i < host->n_ports; i++)
    if (host->ports[i].kind == RV_PORT_CONTROL && !strcmp(host->ports[i].symbol, symbol))
      return &host->ports[i];
  return NULL;
}

static float finite_or(float value, float otherwise)
{
  return isfinite(value) ? value : otherwise;
}

static bool has_property(const rv_host *host, const LilvPort *port, const char *uri)
{
  LilvNode *node = lilv_new_uri(host->world, uri);
  const bool has = lilv_port_has_property(host->plugin, port, node);
  lilv_node_free(node);
  return has;
}

static rv_status make_port(rv_host *host, uint32_t index, rv_error *error)
{
  static const char *const classes[] = {LV2_CORE__AudioPort, LV2_CORE__ControlPort,
                                        LV2_ATOM__AtomPort, LV2_CORE__InputPort};
  LilvNode *nodes[4];
  bool is[4];
  const LilvPort *lilv_port = lilv_plugin_get_port_by_index(host->plugin, index);
  rv_port *port = &host->ports[index];
  for (int i = 0; i < 4; i++) {
    nodes[i] = lilv_new_uri(host->world, classes[i]);
    is[i] = lilv_port_is_a(host->plugin, lilv_port, nodes[i]);
    lilv_node_free(nodes[i]);
  }
  port->whole = has_property(host, lilv_port, LV2_CORE__integer) ||
                has_property(host, lilv_port, LV2_CORE__enumeration) ||
                has_property(host, lilv_port, LV2_CORE__toggled);
  port->symbol = lilv_node_as_string(lilv_port_get_symbol(host->plugin, lilv_port));
  port->kind =
      is[0] ? RV_PORT_AUDIO : (is[1] ? RV_PORT_CONTROL : (is[2] ? RV_PORT_ATOM : RV_PORT_OTHER));
  port->input = is[3];
  if (port->kind == RV_PORT_AUDIO) {
    int *count = port->input ? &host->n_inputs : &host->n_outputs;
    if (*count == RV_HOST_MAX_CHANNELS)
      return rv_fail(error, RV_UNSUPPORTED, "the plugin has more than %d audio %s",
                     RV_HOST_MAX_CHANNELS, port->input ? "inputs" : "outputs");
    (port->input ? host->inputs : host->outputs)[(*count)++] = index;
  } else if (port->kind == RV_PORT_ATOM) {
    port->events = calloc(1, RV_EVENTS_SIZE);
    uint32_t *first = port->input ? &host->control : &host->notify;
    *first = *first == host->n_ports ? index : *first;
  } else if (port->kind == RV_PORT_OTHER) {
    port->silence = calloc(host->max_block, sizeof *port->silence);
  }
  const bool memory =
      port->kind == RV_PORT_ATOM ? !!port->events : port->kind != RV_PORT_OTHER || port->silence;
  return memory ? RV_OK : rv_fail(error, RV_NO_MEMORY, "out of memory for the plugin's ports");
}

/// `ranges` is [3][n_ports].
static void set_ranges(rv_host *host, float *ranges)
{
  const float *minimum = ranges;
  const float *maximum = ranges + host->n_ports;
  const float *initial = maximum + host->n_ports;
  lilv_plugin_get_port_ranges_float(host->plugin, ranges, ranges + host->n_ports,
                                    ranges + (size_t)2 * host->n_ports);
  for (uint32_t i = 0; i < host->n_ports; i++) {
    host->ports[i].minimum = finite_or(minimum[i], -INFINITY);
    host->ports[i].maximum = finite_or(maximum[i], INFINITY);
    host->ports[i].initial = finite_or(initial[i], finite_or(minimum[i], 0.0F));
    host->ports[i].value = host->ports[i].initial;
  }
}

rv_status rv_host_ports_make(rv_host *host, rv_error *error)
{
  host->n_ports = lilv_plugin_get_num_ports(host->plugin);
  host->control = host->notify = host->latency = host->n_ports;
  host->ports = calloc(host->n_ports + 1, sizeof *host->ports);
  float *ranges = calloc((size_t)host->n_ports + 1, 3 * sizeof *ranges);
  host->properties = calloc(RV_MAX_PROPERTIES, sizeof *host->properties);
  if (!host->ports || !ranges || !host->properties) {
    free(ranges);
    return rv_fail(error, RV_NO_MEMORY, "out of memory for the plugin's ports");
  }
  rv_status status = RV_OK;
  for (uint32_t i = 0; i < host->n_ports && !status; i++)
    status = make_port(host, i, error);
  if (!status) {
    set_ranges(host, ranges);
    if (lilv_plugin_has_latency(host->plugin))
      host->latency = lilv_plugin_get_latency_port_index(host->plugin);
  }
  free(ranges);
  return status;
}

void rv_host_ports_connect(rv_host *host)
{
  for (uint32_t i = 0; i < host->n_ports; i++) {
    rv_port *port = &host->ports[i];
    if (port->kind == RV_PORT_CONTROL)
      lilv_instance_connect_port(host->instance, i, &port->value);
    else if (port->kind == RV_PORT_ATOM)
      lilv_instance_connect_port(host->instance, i, port->events);
    else if (port->kind == RV_PORT_OTHER)
      lilv_instance_connect_port(host->instance, i, port->silence);
  }
}

int rv_host_inputs(const rv_host *host)
{
  return host->n_inputs;
}

int rv_host_outputs(const rv_host *host)
{
  return host->n_outputs;
}

static rv_status no_port(const rv_host *host, const char *symbol, rv_error *error)
{
  char list[256] = "";
  size_t used = 0;
  for (uint32_t i = 0; i < host->n_ports && used < sizeof list; i++)
    if (host->ports[i].kind == RV_PORT_CONTROL && host->ports[i].input)
      used += (size_t)snprintf(list + used, sizeof list - used, " %s", host->ports[i].symbol);
  return rv_fail(error, RV_BAD_ARGUMENT, "the plugin has no control input %s; it has:%s", symbol,
                 list);
}

rv_status rv_host_set_control(rv_host *host, const char *symbol, float value, rv_error *error)
{
  rv_port *port = rv_host_port(host, symbol);
  if (!port || !port->input)
    return no_port(host, symbol, error);
  if (!(value >= port->minimum && value <= port->maximum))
    return rv_fail(error, RV_BAD_ARGUMENT, "%s = %g is outside of the port's range, %g ... %g",
                   symbol, (double)value, (double)port->minimum, (double)port->maximum);
  port->value = value;
  return RV_OK;
}

rv_status rv_host_get_control(const rv_host *host, const char *symbol, float *value,
                              rv_error *error)
{
  const rv_port *port = rv_host_port(host, symbol);
  if (!port)
    return no_port(host, symbol, error);
  *value = port->value;
  return RV_OK;
}

rv_status rv_host_control_range(const rv_host *host, const char *symbol, rv_host_range *range,
                                rv_error *error)
{
  const rv_port *port = rv_host_port(host, symbol);
  if (!port || !port->input)
    return no_port(host, symbol, error);
  *range = (rv_host_range){.minimum = port->minimum,
                           .maximum = port->maximum,
                           .initial = port->initial,
                           .whole = port->whole};
  return RV_OK;
}

size_t rv_host_latency(const rv_host *host)
{
  const float frames = host->latency < host->n_ports ? host->ports[host->latency].value : 0.0F;
  return frames > 0.0F ? (size_t)lrintf(frames) : 0;
}
