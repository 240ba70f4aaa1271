"""The Grafana dashboards as code: `python -m monitoring.dashboards` writes `grafana/dashboards`.

Writing needs the development dependency grafana-foundation-sdk; nothing that serves imports this.
"""
