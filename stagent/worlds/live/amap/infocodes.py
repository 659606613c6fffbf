"""What Amap's infocodes mean to an agent; https://lbs.amap.com/api/webservice/guide/tools/info lists them."""

from stagent.worlds.live.service import Trouble

_KEY = "，请检查 AMAP_KEY"
_SOON = "，请稍后重试"
_TOMORROW = "，明天零点恢复"

# The day's quota is no case for a retry: the same call fails until midnight.
INFOCODES = {
    "10001": Trouble("的密钥不正确或已过期" + _KEY),
    "10002": Trouble("的密钥没有权限使用这项服务，请在控制台开通"),
    "10003": Trouble("今天的调用次数已用完" + _TOMORROW),
    "10004": Trouble("的调用过于频繁" + _SOON, again=True, retry=True),
    "10005": Trouble("拒绝了这台机器的 IP，请在控制台的白名单中加入"),
    "10006": Trouble("的密钥绑定的域名无效" + _KEY),
    "10007": Trouble("要求数字签名，请在控制台关闭这个密钥的数字签名"),
    "10008": Trouble("的安全码未通过验证" + _KEY),
    "10009": Trouble("的密钥不是“Web服务”类型" + _KEY),
    "10010": Trouble("限制了这台机器的 IP，需要向高德提交工单"),
    "10011": Trouble("的这项服务不支持 https，请检查 AMAP_URL"),
    "10012": Trouble("的密钥权限不足，请在控制台开通这项服务"),
    "10013": Trouble("的密钥已被删除" + _KEY),
    "10014": Trouble("的每秒调用次数超限" + _SOON, again=True, retry=True),
    "10015": Trouble("的网关限流" + _SOON, again=True, retry=True),
    "10016": Trouble("的服务器繁忙" + _SOON, again=True, retry=True),
    "10017": Trouble("的资源暂不可用" + _SOON, retry=True),
    "10019": Trouble("的服务总并发超限" + _SOON, again=True, retry=True),
    "10020": Trouble("的密钥并发超限" + _SOON, again=True, retry=True),
    "10021": Trouble("的账号并发超限" + _SOON, again=True, retry=True),
    "10026": Trouble("的账号被封停，需要向高德提交工单"),
    "10029": Trouble("今天的海外调用次数已用完" + _TOMORROW),
    "10041": Trouble("的接口权限已过期，请在控制台续期"),
    "10044": Trouble("账号今天的调用次数已用完" + _TOMORROW),
    "10045": Trouble("账号今天的海外调用次数已用完" + _TOMORROW),
    "20000": Trouble("认为请求参数非法，请换一种查询"),
    "20001": Trouble("认为请求缺少参数，请换一种查询"),
    "20002": Trouble("认为请求协议非法，请检查 AMAP_URL"),
    "20003": Trouble("发生未知错误" + _SOON, again=True, retry=True),
    "20011": Trouble("的密钥没有海外服务的权限"),
    "20012": Trouble("认为查询内容非法，请更换关键词"),
    "40000": Trouble("的套餐余量已用完，请在控制台续费"),
    "40002": Trouble("的服务已到期，请在控制台续费"),
    "40003": Trouble("的海外套餐余量已用完，请在控制台续费"),
}

# No failure but an answer: there is no such route.
NO_ROUTE = {
    "20800": "起点、终点或途经点不在中国陆地范围内",
    "20801": "起点或终点附近没有道路",
    "20802": "没有找到可行的路线",
    "20803": "起点和终点相距过远",
}


def trouble(infocode: str) -> Trouble:
    """The trouble of an infocode, also of one that isn't listed."""
    if infocode.startswith("30") and len(infocode) == 5:
        return Trouble(f"的引擎返回数据异常（{infocode}）" + _SOON, again=True, retry=True)
    return INFOCODES.get(infocode, Trouble(f"返回了未知的错误（{infocode}），请换一种查询"))
