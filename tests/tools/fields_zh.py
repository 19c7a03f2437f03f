"""The Chinese texts of the tables of fields in the manual; `text/export_fields.py` has the English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

UNITS_ZH: Final[Mapping[str, str]] = {
    "text": "文本",
    "word": "枚举",
    "true/false": "布尔",
    "number": "数字",
    "hours": "小时",
    "GB": "GB",
    "ms": "毫秒",
    "decimal": "小数",
    "CNY": "元",
    "CNY/h": "元/小时",
    "time": "时间",
    "object": "对象",
    "list": "列表",
}

MEANINGS_ZH: Final[Mapping[str, str]] = {
    "name of the rule that acted; `null` if it was you": "执行操作的规则名称；由您操作时为 `null`",
    "`rule`: when the rule acts": "`rule`：规则执行的时间",
    "`rule`: `upcoming`, `due` (it only notifies) or `missed`": (
        "`rule`：`upcoming`（即将执行）、`due`（到时间，仅通知）或 `missed`（已错过）"
    ),
    "whether the guard does it; otherwise the rule only notifies": "是否由程序执行；否则规则只通知",
    "your name of the host": "您给主机起的名称",
    "your tags; in CSV separated by spaces": "您的标签；CSV 中以空格分隔",
    "the owner that you entered": "您填写的负责人",
    "your note": "您的备注",
    "whether stopping, rebooting and deleting it is prevented": "是否禁止关机、重启和删除",
    "when the service returned the row": "服务返回该行的时间",
    "`on_demand`: by the hour; `rent`: prepaid for a period": "`on_demand`：按小时计费；`rent`：按周期预付",
    "region: `south`, `west` or `international`": "地域：`south`、`west` 或 `international`",
    "`office`, `image` (graphics) or `compute`": "`office`（办公）、`image`（图形）或 `compute`（计算）",
    "CPU cores": "CPU 核数",
    "memory": "内存",
    "system disk": "系统盘",
    "model of the GPU": "GPU 型号",
    "number of GPUs": "GPU 数量",
    "type of machine; an image runs on packages of the same type only": "机器类型；镜像只能用于相同类型的套餐",
    "price of one host before the discount": "单台主机的折前价",
    "factor of the price: 0.8 is 20 % off": "价格系数：0.8 即八折",
    "ID of the host; `null` while it is not known": "主机 ID；未知时为 `null`",
    "name of the host": "主机名称",
    "ID of the package": "套餐 ID",
    "name of the package": "套餐名称",
    "ID of the image": "镜像 ID",
    "name and version of the image": "镜像名称和版本",
    "length of the prepaid period, in `period_unit`": "预付周期的长度，单位见 `period_unit`",
    "`hour`, `day`, `week`, `month`, `quarter` or `year`": "`hour`、`day`、`week`、`month`、`quarter` 或 `year`",
    "`create`, `power on`, `power off`, `reboot` or `delete`": (
        "`create`、`power on`、`power off`、`reboot` 或 `delete`"
    ),
    "why the host may belong to something else; see `xds-tui manual orders`": (
        "该主机可能另有来源的理由；见 `xds-tui manual orders`"
    ),
    "code of the service's response": "服务返回的代码",
    "what went wrong, or why a host was left out": "出了什么问题，或跳过该主机的原因",
    "message of the service": "服务返回的消息",
    "traceId of the response, for Xuandashi's support": "响应的 traceId，联系渲大师客服时使用",
    "ID of the host": "主机 ID",
    "`off`, `starting`, `on`, `billed` (on, and billed by the hour), `stopping`, `expired` or `unknown`": (
        "`off`、`starting`、`on`、`billed`（运行中且按小时计费）、`stopping`、`expired`、`unknown`"
    ),
    "what the service sent, if the status is `unknown`": "状态为 `unknown` 时服务返回的原值",
    "operating system": "操作系统",
    "name or address to connect to": "连接所用的域名或地址",
    "port to connect to": "连接所用的端口",
    "name to log in with": "登录用户名",
    "MAC address": "MAC 地址",
    "address inside the provider's network": "服务商内网地址",
    "when the host was created": "主机创建时间",
    "when the period of a prepaid host ends": "预付主机的到期时间",
    "hourly cost while on, at least": "运行时每小时费用的下限",
    "hourly cost while on, at most": "运行时每小时费用的上限",
    "whether the cost is from its order, and not from similar packages": "费用是否来自其订单，而非按同类套餐估算",
    "whether the last refresh returned the host; if not, the row is from an earlier one": (
        "最近一次刷新是否返回该主机；否则该行来自更早的刷新"
    ),
    "`on`, `off` or `changing`": "`on`、`off` 或 `changing`",
    "bandwidth, as the service sends it": "带宽，为服务返回的原值",
    "price of one host after the discount, not rounded": "单台主机的折后价，未取整",
    "name of the image": "镜像名称",
    "version of the image": "镜像版本",
    "when it was noticed": "发现的时间",
    "`appeared`, `gone`, `status`, `order`, `candidate`, `error`, `recovered`, `expiring`, "
    "`cap`, `signed out`, `signed in` or `rule`": (
        "`appeared`、`gone`、`status`、`order`、`candidate`、`error`、`recovered`、`expiring`、`cap`、"
        "`signed out`、`signed in` 或 `rule`"
    ),
    "ID of the host concerned": "相关主机的 ID",
    "whether it is the result of an order of this program": "是否由本程序的操作引起",
    "whether the user was notified": "是否通知了用户",
    "`status`: the status before": "`status`：之前的状态",
    "`status`: the status since": "`status`：之后的状态",
    "`expiring`: when the period ends": "`expiring`：到期时间",
    "`expiring`: the limit that was reached": "`expiring`：触发提醒的时限",
    "ID of the order concerned": "相关订单的 ID",
    "the new state of the order, as in its own `state`": "订单的新状态，取值同订单的 `state`",
    "ID of the order; `null` for a host that was left out": "订单 ID；被跳过的主机为 `null`",
    "ID shared by the orders of one confirmation or command": "同一次确认或同一条命令的订单共有的 ID",
    "`pending`, `sent`, `accepted`, `confirmed`, `unconfirmed`, `rejected`, `not sent`, `unknown`, `may be yours`; "
    "or `skipped` for a host that a command left out": (
        "`pending`、`sent`、`accepted`、`confirmed`、`unconfirmed`、`rejected`、`not sent`、`unknown`、`may be yours`；"
        "命令跳过的主机为 `skipped`"
    ),
    "when it was confirmed": "确认的时间",
    "when its request was sent": "发出请求的时间",
    "when its outcome was known": "得知结果的时间",
    "`may be yours`: ID of a host that may be the result": "`may be yours`：可能是结果的主机的 ID",
    "`may be yours`: name of that host": "`may be yours`：该主机的名称",
    "price of the host for `estimated_hours`, rounded to 0.01": "该主机 `estimated_hours` 小时的价格，取整到 0.01",
    "length of the period as estimated; 1 for on-demand": "估算所用的周期长度；按量为 1",
    "length of the period as the service shows it: from creation to expiry": "服务实际给出的周期长度：从创建到到期",
    "name of the request, given or made": "请求名称，由用户指定或自动生成",
    "number of hosts": "主机数量",
    "`unit_price` × `discount` × `hours` × `count`, rounded to 0.01": (
        "`unit_price` × `discount` × `hours` × `count`，取整到 0.01"
    ),
    "requests that would be sent: `method`, `url`, and `body` or `null`": (
        "将会发出的请求：`method`、`url`，以及 `body`（没有则为 `null`）"
    ),
    "hosts without a request: `id`, `name` and `reason`": "不发请求的主机：`id`、`name` 和 `reason`",
    "`create` only: the fields of an estimate": "仅用于 `create`：估价的各字段",
    "name of the fleet": "机群的名称",
    "whether there is nothing to do": "是否无需操作",
    "for each group: `group`, wanted `count` and `running`, its `hosts` and `open_orders` by ID,"
    " how many to `create`, which to `start` and `stop`, `request_id` and `estimate` of the purchase": (
        "每组的 `group`、所需的 `count` 和 `running`、按 ID 列出的 `hosts` 和 `open_orders`、"
        "要 `create` 的数量、要 `start` 和 `stop` 的主机、购买的 `request_id` 和 `estimate`"
    ),
    "cost of all hosts of the account: `on_demand_low`, `on_demand_high`, `prepaid_low`, `prepaid_high` in CNY/h,"
    " and `unpriced` hosts": (
        "账号下所有主机的费用：`on_demand_low`、`on_demand_high`、`prepaid_low`、`prepaid_high`（CNY/h），"
        "以及价格未知的主机数 `unpriced`"
    ),
    "the same once the plan is carried out": "执行计划之后的同一数据",
    "IDs of hosts that were bought before, if the service lists no host at all": "服务未列出主机时，此前购买的主机 ID",
    "whether the list was consistent; if not, hosts may be missing from it": "列表是否一致；否则可能缺少主机",
    "hosts of the account that are neither started nor stopped": "账号下既不开启也不关闭的主机数",
    "what was checked": "检查的对象",
    "`ok`, `warn` (works with limitations) or `bad`": "`ok`、`warn`（可用但受限）或 `bad`",
    "the result, in the language of the screen": "结果，使用界面语言",
    "what to do, one sentence or command each": "应当怎么做，每项一句话或一条命令",
    "duration of the check, if it says something": "检查用时（有参考价值时给出）",
    "year and month, in local time": "年和月，按本地时间",
    "`host`, `tag` or `owner`; in JSON also `total`, with each host once, and `forecast` of the whole month": (
        "`host`、`tag` 或 `owner`；JSON 中还有 `total`（每台主机计一次）和全月预计值 `forecast`"
    ),
    "ID of the host, the tag or the owner; empty for hosts without one": "主机 ID、标签或负责人；没有时为空",
    "hosts with an unknown price, which are in none of the sums": "价格未知的主机数，未计入任何费用",
    "time on, as the last refresh before each moment showed it": "开机时长，以每一时刻之前的最近一次刷新为准",
    "time on that is certain": "确定的开机时长",
    "time on that is possible": "可能的最长开机时长",
    "cost by the hour": "按量费用",
    "part of the prepaid periods that falls on the time": "包时段费用分摊到这段时间的部分",
    "both together": "两者合计",
    "the least that it may have been, by price and time": "按价格和时长计算的最低费用",
    "the most that it may have been": "最高费用",
    "beginning of the time that is counted: of the month, or the first refresh in it": (
        "统计的起始时间：月初，或当月第一次刷新"
    ),
    "end of that time": "统计的结束时间",
    "when the rule acts, or was to act": "规则执行或应当执行的时间",
    "`power on` or `power off`": "`power on`（开机）或 `power off`（关机）",
    "name of the rule": "规则名称",
    "name of the cap": "费用上限的名称",
    "name of the entry": "条目的名称",
    "`waiting`, `bought`, `expired`, `outside hours`, or `unsettled`": (
        "`waiting`、`bought`、`expired`、`outside hours` 或 `unsettled`"
    ),
    "ID or name of the package": "套餐的 ID 或名称",
    "ID or name of the image": "镜像的 ID 或名称",
    "hosts to buy in total": "总共购买的主机数",
    "hosts that are bought": "已购买的主机数",
    "attempts that were made": "已尝试的次数",
    "highest price of one host": "每台主机的最高价格",
    "when the entry expires": "条目的截止时间",
    "earliest time of the next attempt, if it is `waiting`": "下次尝试的最早时间（`waiting` 时）",
    "IDs of the attempts of unknown outcome": "结果未知的尝试的 ID",
    "`per_hour`, `per_day` or `per_month`": "`per_hour`、`per_day` 或 `per_month`",
    "limit in config.toml": "config.toml 中的上限",
    "what counts: the cost per hour now, of today, or of this month": "计入的费用：当前每小时、今天或本月",
    "the least that it may be, by price and time": "按价格和时间计算的最小值",
    "the most that it may be": "可能的最大值",
    "`ok`, `warned` from 80 % on, or `reached`": "`ok`、`warned`（80% 起）或 `reached`（已达到）",
    "hosts with an unknown price, because of which nothing is bought or started": (
        "价格未知的主机数，因此不会购买或启动"
    ),
    "whether it is time": "是否已到时间",
    "why nothing is to be done although it is time: `protected`, or `missed` longer ago than `catch_up`": (
        "已到时间却不执行的原因：`protected`（受保护），或 `missed`（已超过 `catch_up`）"
    ),
}
