"""The documented error codes and their messages."""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class Code(IntEnum):
    """The codes of the host rental document, and the common ones."""

    OK = 0
    SIGNED_OUT = 401
    NOT_FOUND = 404
    SYSTEM_ERROR = 500
    UNAVAILABLE = 503
    NO_PERMISSION = 1001
    BUSINESS_ERROR = 1003
    PROCESSING = 1005
    PARAMETER_MISSING = 1007
    NO_SUCH_HOST = 1021
    NOT_VERIFIED = 1037
    HOST_STARTING = 6000
    HOST_STOPPING = 6001
    NO_RESOURCES = 6002
    TOO_POOR_FOR_AN_HOUR = 6003
    QUEUED = 6005
    NOT_STARTED = 7002
    HOST_UNAVAILABLE = 7003
    NOT_RUNNING = 7004
    TYPES_DIFFER = 7005
    WALLET_ERROR = 9000
    WALLET_TOO_LOW = 9001


MESSAGES: Final[dict[int, str]] = {
    Code.OK: "success",
    Code.SIGNED_OUT: "认证失败",
    Code.NOT_FOUND: "资源不存在",
    Code.SYSTEM_ERROR: "系统异常",
    Code.UNAVAILABLE: "接口异常",
    Code.NO_PERMISSION: "权限不足",
    Code.BUSINESS_ERROR: "业务异常",
    Code.PROCESSING: "请求处理中",
    Code.PARAMETER_MISSING: "缺少必要参数",
    Code.NO_SUCH_HOST: "主机不存在",
    Code.NOT_VERIFIED: "未进行实名认证",
    Code.HOST_STARTING: "开机中",
    Code.HOST_STOPPING: "关机中",
    Code.NO_RESOURCES: "资源不足, 请重新选择配置",
    Code.TOO_POOR_FOR_AN_HOUR: "钱包余额不足",
    Code.QUEUED: "创建等待",
    Code.NOT_STARTED: "未启动的主机不能重启",
    Code.HOST_UNAVAILABLE: "主机不可用，不能重启",
    Code.NOT_RUNNING: "主机未运行，不能重启",
    Code.TYPES_DIFFER: "主机模板类型与镜像类型不一致",
    Code.WALLET_ERROR: "钱包异常",
    Code.WALLET_TOO_LOW: "钱包余额不足",
}
"""The `msg` of each code, as in the document if it has one."""


class ServiceError(Exception):
    """The service rejects a request.

    Attributes:
        code: one of the documented codes.
        message: its `msg`, by default that of the code.

    """

    def __init__(self, code: Code, message: str = "") -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message or MESSAGES[code]
