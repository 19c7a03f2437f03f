"""The Chinese texts of the manual's tables that the program itself does not show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from xds_tui.config.schema import COLUMNS, THEMES
from xds_tui.config.theme_file import TEXTUAL_THEMES

TITLES_ZH: Final[Mapping[str, str]] = {
    "ID": "ID",
    "keys": "按键",
    "what it does": "作用",
    "key": "设置",
    "accepts": "取值",
    "default": "默认值",
    "overridden by": "可由其覆盖",
    "code": "退出码",
    "meaning": "含义",
    "rows": "行",
    "field": "字段",
    "unit": "单位",
    "other names": "别名",
    "values": "取值范围",
    "variable": "变量",
}
_BOOL: Final = "`true` 或 `false`"

CONFIG_ZH: Final[Mapping[str, tuple[str, str, str]]] = {
    "profile": ("配置档名称", "`default`", "未指定 `--profile` 时打开的配置档"),
    "base_url": ("https 地址", "登录时所用的地址", "服务地址"),
    "interval": ("5 到 3600 秒", "15", "刷新主机列表的间隔"),
    "read_only": (_BOOL, "`false`", "拒绝一切更改"),
    "insecure_http": (_BOOL, "`false`", "允许以明文 HTTP 访问其他机器"),
    "color": (
        "`red`、`yellow`、`green`、`cyan`、`blue`、`magenta` 或 `none`",
        "生产环境红色，沙箱黄色，演示青色，其他品红",
        "配置档名称的背景色",
    ),
    "theme": (
        f"{'、'.join(f'`{name}`' for name in (*THEMES, *TEXTUAL_THEMES))}，或 `themes` 目录中文件的名称",
        "dark，或终端所需的主题",
        "配色",
    ),
    "language": ("`en` 或 `zh_CN`", "取决于区域设置", "语言"),
    "mouse": (_BOOL, "`true`", "应用是否使用鼠标；关闭后由终端选择文本"),
    "animations": (_BOOL, "`true`，通过 SSH 时为 `false`", "是否允许动画"),
    "cell_diff": (_BOOL, "`true`", "只输出屏幕上有变化的字符；`ctrl+l` 重绘整个屏幕"),
    "ascii": (_BOOL, "区域设置非 UTF-8 时为 `true`", "仅用 ASCII 字符绘制"),
    "hosts_file": (
        "路径，相对于 config.toml 所在的文件夹",
        "config.toml 旁边的 `hosts.toml`；`default` 以外的配置档为 `hosts-<配置档>.toml`",
        "保存主机名称、备注、标签、负责人和保护标记的文件",
    ),
    "templates.<name>": (
        "包含 `package`、`image`、`billing`、`period` 和 `tags` 的表",
        "无",
        "`create --template <名称>` 购买的内容",
    ),
    "hosts.protect": (
        '由 `"tag:标签"` 和 `"owner:负责人"` 组成的列表',
        "没有规则",
        "带有这些标签或负责人的主机受保护：不能关机、重启或删除",
    ),
    "hosts.columns": (
        f"由以下若干项组成的列表：{'、'.join(f'`{column}`' for column in COLUMNS)}",
        "全部，按此顺序",
        "从左到右显示的列",
    ),
    "hosts.sort": ("列名，前缀 `-` 表示从大到小", "服务端的顺序", "排序"),
    "hosts.group": ("`status`、`area`、`os`、`tag` 或 `owner`", "不分组", "主机的分组依据"),
    "panes.catalog": (
        "`auto`、`open` 或 `closed`",
        "`auto`",
        "在主机列表旁显示产品目录：终端宽度达到 110 列时、达到 90 列时，或仅在按 `2` 之后",
    ),
    "panes.overview": (_BOOL, "`true`", "在主机列表上方显示总览"),
    "filters.<name>": ("筛选条件", "无", "保存的筛选"),
    "alerts.bell": (_BOOL, "`true`", "终端响铃"),
    "alerts.notification": ("`none`、`osc9` 或 `osc777`", "`none`", "终端自身的通知"),
    "alerts.title": (_BOOL, "`false`", "在窗口标题中显示主机数和告警数"),
    "alerts.quiet": ("两个时刻，例如 `22:00-08:00`", "无", "此时段内不向渠道发送通知，之后补发"),
    "caps.<name>": (
        "包含 `per_hour`、`per_day`、`per_month`（元）和 `hosts` 的表",
        "无",
        "费用上限；见 `xds-tui manual caps`",
    ),
    "waitlist.<name>": ("表；由 `xds-tui waitlist add` 写入", "无", "等待库存的购买"),
    "credential_command": ("参数列表", "无", "输出凭据的程序；见 `xds-tui manual security`"),
    "rules.<name>": ("表", "无", "主机的运行时间；见 `xds-tui manual rules`"),
    "channels.<name>": (
        "`webhook`、`wecom`、`dingtalk`、`feishu` 或 `xuandashi`，或以参数列表表示的命令",
        "无",
        "提醒的发送渠道；地址由 `xds-tui notify add` 保存在密钥环中",
    ),
    "connect.linux": (
        "参数列表；替换 `{address}`、`{port}`、`{user}` 和 `{place}`",
        "`ssh`",
        "对 Linux 主机按 `c` 时运行的命令",
    ),
    "connect.windows": (
        "同上，另有 `{file}`，即写入的 .rdp 文件",
        "已安装的第一个远程桌面客户端",
        "对 Windows 主机按 `c` 时运行的命令",
    ),
    "keys.<action>": ("一个按键或按键列表", "见快捷键一页", "命令的按键，以 ID 指定"),
    "[profiles.<name>]": ("表", "无", "配置档，可包含上面带 * 的设置"),
}
"""Accepted values, default and effect of each key of config.toml, by its path."""
