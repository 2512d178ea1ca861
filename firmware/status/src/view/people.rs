//! The people who may sign in.

use super::account::rights;
use super::label::Label;
use super::sign_in;
use crate::{Person, Role, Tongue};
use maud::{Markup, html};

/// The whole page, as `me` sees it; `fault` is why something was not done.
pub(crate) fn page(
    people: &[Person],
    me: &str,
    form: &str,
    fault: Option<&str>,
    tongue: Tongue,
) -> Markup {
    html! {
        div.title {
            h1 { (tongue.pick("人员", "People")) }
            span.count { (people.len()) " " (tongue.pick("人可以登录", "may sign in")) }
        }
        (sign_in::mistake(fault))
        ul.people {
            @for (at, person) in people.iter().enumerate() { (one(person, at, person.name == me, form, tongue)) }
        }
        div.columns.even {
            article.card {
                header { h2 { (tongue.pick("添加人员", "Add somebody")) } }
                form.stack method="post" action="/people/add" {
                    input type="hidden" name="form" value=(form);
                    label for="new-name" { (tongue.pick("姓名", "Name")) }
                    input #new-name name="name" required maxlength="40" autocomplete="off";
                    label for="new-role" { (tongue.pick("角色", "Role")) }
                    (roles("new-role", Role::Agent, tongue))
                    label for="new-password" { (tongue.pick("初始密码（至少 10 个字符）", "First password (10 characters or more)")) }
                    input #new-password name="password" type="password" autocomplete="new-password" required minlength="10" maxlength="200";
                    button type="submit" { (tongue.pick("添加", "Add")) }
                }
            }
            article.card {
                header { h2 { (tongue.pick("角色", "Roles")) } }
                dl.facts {
                    @for &role in Role::ALL { div { dt { (role.tell(tongue)) } dd { (rights(role, tongue)) } } }
                }
            }
        }
    }
}

fn one(person: &Person, at: usize, is_me: bool, form: &str, tongue: Tongue) -> Markup {
    let (role_id, password_id) = (format!("role-{at}"), format!("password-{at}"));
    let hidden = html! {
        input type="hidden" name="form" value=(form);
        input type="hidden" name="name" value=(person.name);
    };
    html! {
        li.card {
            details {
                summary {
                    span.who { (person.name) @if is_me { span.dim { (tongue.pick("（您）", " (you)")) } } }
                    span.chip.calm { (person.role.tell(tongue)) }
                }
                div.changes {
                    form method="post" action="/people/role" {
                        (hidden)
                        label for=(role_id) { (tongue.pick("角色", "Role")) }
                        (roles(&role_id, person.role, tongue))
                        button.quiet type="submit" { (tongue.pick("更改角色", "Change the role")) }
                    }
                    form method="post" action="/people/password" {
                        (hidden)
                        label for=(password_id) { (tongue.pick("新密码（至少 10 个字符）", "New password (10 characters or more)")) }
                        input id=(password_id) name="password" type="password" autocomplete="new-password" required minlength="10" maxlength="200";
                        button.quiet type="submit" { (tongue.pick("重设密码", "Reset the password")) }
                    }
                    form method="post" action="/people/remove" {
                        (hidden)
                        p.dim { (tongue.pick("更改与移除会立即退出此人的登录。", "A change or removal signs the person out at once.")) }
                        button.quiet.danger type="submit" { (tongue.pick("移除此人", "Remove this person")) }
                    }
                }
            }
        }
    }
}

fn roles(id: &str, now: Role, tongue: Tongue) -> Markup {
    html! {
        select id=(id) name="role" {
            @for &role in Role::ALL {
                option value=(role.name()) selected[role == now] { (role.tell(tongue)) }
            }
        }
    }
}
