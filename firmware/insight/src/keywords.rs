//! The words that mark a call: frequent here, rare in general. Counted over the masked text.

use crate::features::tokens;
use std::collections::BTreeMap;

/// How many keywords a call has at most.
const MOST: usize = 8;

/// Trade words that count at their first mention.
const TERMS: &[&str] = &[
    "信用贷款",
    "抵押贷款",
    "贷款",
    "利率",
    "利息",
    "额度",
    "征信",
    "放款",
    "还款",
    "月供",
    "首付",
    "分期",
    "手续费",
    "车险",
    "保险",
    "重疾险",
    "医疗险",
    "养老险",
    "意外险",
    "保费",
    "理赔",
    "保单",
    "楼盘",
    "二手房",
    "学区",
    "户型",
    "均价",
    "样板间",
    "地铁",
    "停车位",
    "物业费",
    "课程",
    "试听",
    "辅导",
    "英语",
    "数学",
    "编程",
    "补习",
    "健身",
    "年卡",
    "私教",
    "瑜伽",
    "游泳池",
    "团课",
    "宽带",
    "套餐",
    "流量",
    "话费",
    "网速",
    "试驾",
    "新车",
    "二手车",
    "换车",
    "保养",
    "理财",
    "基金",
    "收益",
    "存单",
    "风险",
    "装修",
    "全屋定制",
    "量房",
    "报价",
    "合同",
    "软件",
    "系统",
    "试用",
    "对接",
    "发票",
    "双眼皮",
    "祛斑",
    "皮肤",
    "疗程",
    "招聘",
    "岗位",
    "底薪",
    "社保",
    "公积金",
    "面试",
    "身份证",
    "银行流水",
    "资料",
    "材料",
    "微信",
    "优惠",
    "活动",
    "折扣",
    "价格",
    "洗衣机",
    "空调",
    "冰箱",
    "热水器",
    "净水器",
    "维修",
    "保修",
    "退款",
    "退货",
    "售后",
    "投诉",
    "快递",
    "送货",
    "安装",
    "押金",
    "定金",
    "名单",
    "客服",
    "关机",
    "空号",
    "停机",
    "留言",
    "资金",
    "周转",
    "旅游",
    "骗子",
];

/// English words that say nothing of a call.
const COMMON: &str = " a about after again all also am an and any are as at be because been before but by bye call called calling can cannot come could day did do does dont for from get give go going good goodbye got great had has have he hello help her here hi him his how i id if ill im in into is isnt it its ive just know let like little long look make may me mean minute more morning most much must my need next nice no not now of off oh okay ok on one or other our out over per please really right said same say see send she should so some sorry speak speaking sure take talk tell than thank thanks that thats the their them then there they thing think this three time to today too two up us use very want was way we well were what whats when where which who whos why will with work would yeah yes yet you your youre am pm mister mrs ms sir maam ";

/// At most eight keywords, the weightiest first.
pub(crate) fn find<'a>(masked: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut weights: BTreeMap<String, (f32, usize)> = BTreeMap::new();
    let mut place = 0;
    for text in masked {
        for word in tokens(text) {
            if word.len() > 2 && word.is_ascii() && !COMMON.contains(&format!(" {word} ")) {
                place += 1;
                let weight = 1.0 + (word.len().min(10) as f32) / 20.0;
                weights.entry(word).or_insert((0.0, place)).0 += weight;
            }
        }
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let term =
                TERMS.iter().filter(|term| rest.starts_with(**term)).max_by_key(|term| term.len());
            place += 1;
            let step = match term {
                Some(term) => {
                    let weight = 1.0 + term.chars().count() as f32 / 10.0;
                    weights.entry((*term).to_owned()).or_insert((0.0, place)).0 += weight;
                    term.len()
                }
                None => c.len_utf8(),
            };
            rest = &rest[step..];
        }
    }
    let mut ranked: Vec<(String, (f32, usize))> = weights.into_iter().collect();
    ranked.sort_by(|(_, (weight, place)), (_, (other, later))| {
        other.total_cmp(weight).then(place.cmp(later))
    });
    ranked.into_iter().take(MOST).map(|(word, _)| word).collect()
}
